-- Habitué, schema 7: gift cards and store credit beside points, in the same ledger.

-- A gift card. `code_hash` is keyed with the master key; `last_four` is what a shop may be shown;
-- `sealed`: the code of one that has an owner, encrypted with the master key, so that its owner
-- sees it again. What is on it stands in its account. `version` grows with every change to it: a
-- conditional UPDATE on it decides races.
CREATE TABLE gift_card (
    id TEXT NOT NULL PRIMARY KEY,
    program_id TEXT NOT NULL REFERENCES program (id),
    shop_id TEXT NOT NULL REFERENCES shop (id),
    code_hash TEXT NOT NULL,
    last_four TEXT NOT NULL,
    sealed TEXT,
    customer_id TEXT,
    currency TEXT NOT NULL,
    issued_minor BIGINT NOT NULL CHECK (issued_minor > 0),
    until BIGINT,
    version BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    cancelled_at BIGINT
);
CREATE UNIQUE INDEX gift_card_by_code ON gift_card (shop_id, code_hash);
CREATE INDEX gift_card_by_owner ON gift_card (shop_id, customer_id) WHERE customer_id IS NOT NULL;

-- The account of a gift card belongs to the card and to no member.
ALTER TABLE account ALTER COLUMN member_id DROP NOT NULL;
ALTER TABLE account ADD COLUMN gift_card_id TEXT REFERENCES gift_card (id);
CREATE UNIQUE INDEX account_by_gift_card ON account (gift_card_id, kind)
    WHERE gift_card_id IS NOT NULL;

-- What a hold reserves of a gift card.
CREATE TABLE hold_gift_card (
    hold_id TEXT NOT NULL REFERENCES hold (id),
    gift_card_id TEXT NOT NULL REFERENCES gift_card (id),
    minor BIGINT NOT NULL CHECK (minor > 0),
    PRIMARY KEY (hold_id, gift_card_id)
);
CREATE INDEX hold_gift_card_by_card ON hold_gift_card (gift_card_id);

-- `pieces`: how many of each line were confirmed, for the shares of a return. `email_hash`: whose
-- hold a guest's is.
ALTER TABLE hold ADD COLUMN pieces TEXT;
ALTER TABLE hold ADD COLUMN email_hash TEXT;
CREATE INDEX hold_by_email ON hold (shop_id, email_hash, state) WHERE email_hash IS NOT NULL;
CREATE INDEX hold_by_customer ON hold (shop_id, customer_id, state) WHERE customer_id IS NOT NULL;

-- `kept`: of the pieces confirmed, those kept all along. `credit_basis`: the rule it earns credit
-- by, frozen; `credit_earned`: what is booked now. `shortfall`: what was missing of what it says it
-- was paid with, by unit.
ALTER TABLE shop_order ADD COLUMN kept TEXT;
ALTER TABLE shop_order ADD COLUMN credit_basis TEXT;
ALTER TABLE shop_order ADD COLUMN credit_earned BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shop_order ADD COLUMN shortfall TEXT;

-- Who put something right, and why. Beside the journal, since it may name a person: no hash
-- covers it.
CREATE TABLE adjustment (
    transfer_id TEXT NOT NULL PRIMARY KEY REFERENCES transfer (id),
    author TEXT NOT NULL,
    reason TEXT NOT NULL
);

-- The uses of a promotion by somebody who is no member, known by e-mail address alone.
CREATE TABLE promotion_guest_use (
    program_id TEXT NOT NULL REFERENCES program (id),
    promotion_id TEXT NOT NULL,
    email_hash TEXT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (program_id, promotion_id, email_hash)
);

-- What is counted in money: `credit:` and `gift:` stand before `points:`.
CREATE INDEX transfer_of_money ON transfer (program_id, occurred_at) WHERE unit < 'points';
