-- Habitué, schema 12: rewards that are claimed.

-- How often a reward was claimed, in all and by each member: conditional updates of these decide who
-- has the last one. What was withdrawn is taken off again.
CREATE TABLE reward_claimed (
    program_id TEXT NOT NULL REFERENCES program (id),
    reward_id TEXT NOT NULL,
    claimed BIGINT NOT NULL CHECK (claimed >= 0),
    PRIMARY KEY (program_id, reward_id)
);
CREATE TABLE reward_member_claimed (
    member_id TEXT NOT NULL REFERENCES member (id),
    reward_id TEXT NOT NULL,
    claimed BIGINT NOT NULL CHECK (claimed >= 0),
    PRIMARY KEY (member_id, reward_id)
);

-- A claim. `transfer_id`: the points it cost, in the ledger. One of `code_id`, `gift_card_id` and
-- `credit_minor` says what it granted, unless the shop fulfils it by hand; `sealed` is the code as its
-- owner reads it again, encrypted. `state`: 'open' until the shop has fulfilled it.
CREATE TABLE claim (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    member_id TEXT NOT NULL REFERENCES member (id),
    reward_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    points BIGINT NOT NULL CHECK (points > 0),
    program_version BIGINT NOT NULL,
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    code_id TEXT REFERENCES code (id),
    gift_card_id TEXT REFERENCES gift_card (id),
    credit_currency TEXT,
    credit_minor BIGINT,
    sealed TEXT,
    valid_until BIGINT,
    state TEXT NOT NULL CHECK (state IN ('open', 'fulfilled', 'withdrawn')),
    claimed_at BIGINT NOT NULL,
    settled_at BIGINT,
    author TEXT,
    reason TEXT
);
CREATE INDEX claim_by_member ON claim (member_id, id);
CREATE INDEX claim_open ON claim (shop_id, id) WHERE state = 'open';
-- Nobody gets a code that somebody else has.
CREATE UNIQUE INDEX claim_by_code ON claim (code_id) WHERE code_id IS NOT NULL;
