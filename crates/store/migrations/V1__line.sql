-- Habitué, schema 1. One text for SQLite and PostgreSQL.
-- Times are microseconds since 1970 in UTC, ids and documents are text, hashes lower-case hex.
-- A nullable time says when something happened; there are no booleans.

-- A program owns members, accounts, lots and entries. `version` is the one in force.
CREATE TABLE program (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Versions are never changed: an order, a hold and an entry name the one they went by.
CREATE TABLE program_version (
    program_id TEXT NOT NULL REFERENCES program (id),
    version BIGINT NOT NULL,
    document TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (program_id, version)
);

-- A shop owns customers, orders, holds, keys and origins.
CREATE TABLE shop (
    id TEXT NOT NULL PRIMARY KEY,
    program_id TEXT NOT NULL REFERENCES program (id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE origin (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    origin TEXT NOT NULL,
    PRIMARY KEY (shop_id, origin)
);
CREATE INDEX origin_by_name ON origin (origin);

-- `lookup`: the public key itself, the SHA-256 of a secret key, the id of a token key.
-- `sealed`: a token key's secret, encrypted with the master key.
CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL CHECK (kind IN ('public', 'secret', 'token')),
    lookup TEXT NOT NULL UNIQUE,
    sealed TEXT,
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX api_key_by_shop ON api_key (shop_id, id);

-- `version` grows with every change to the member's points: a conditional UPDATE on it decides races.
CREATE TABLE member (
    id TEXT NOT NULL PRIMARY KEY,
    program_id TEXT NOT NULL REFERENCES program (id),
    version BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    terms_version TEXT NOT NULL,
    tier TEXT NOT NULL,
    tier_since BIGINT NOT NULL
);

-- Everything that names a person, in one place.
CREATE TABLE profile (
    member_id TEXT NOT NULL PRIMARY KEY REFERENCES member (id),
    given_name TEXT,
    email TEXT,
    locale TEXT
);

CREATE TABLE customer (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    external_id TEXT NOT NULL,
    member_id TEXT REFERENCES member (id),
    PRIMARY KEY (shop_id, external_id)
);
CREATE UNIQUE INDEX customer_by_member ON customer (shop_id, member_id);

-- The bearer is derived from the master key, the shop and the token's id; its hash stands here.
CREATE TABLE session (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    jti TEXT NOT NULL,
    bearer_hash TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    given_name TEXT,
    locale TEXT,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (shop_id, jti)
);

-- One account per unit, kind and member: system accounts too, so that no head is shared.
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    program_id TEXT NOT NULL REFERENCES program (id),
    unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES member (id),
    seq BIGINT NOT NULL,
    head TEXT NOT NULL,
    balance BIGINT NOT NULL,
    UNIQUE (program_id, unit, kind, member_id)
);
CREATE INDEX account_by_member ON account (member_id, kind);

-- A transfer moves points between two accounts; its two entries sum to zero. Never changed.
CREATE TABLE transfer (
    id TEXT NOT NULL PRIMARY KEY,
    program_id TEXT NOT NULL REFERENCES program (id),
    shop_id TEXT NOT NULL REFERENCES shop (id),
    unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    points BIGINT NOT NULL CHECK (points > 0),
    order_id TEXT,
    program_version BIGINT NOT NULL,
    explanation TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX transfer_by_order ON transfer (shop_id, order_id);

-- One side of a transfer. Never changed; each holds the hash over itself and the one before.
CREATE TABLE entry (
    account_id TEXT NOT NULL REFERENCES account (id),
    seq BIGINT NOT NULL,
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (account_id, seq)
);
CREATE INDEX entry_by_transfer ON entry (transfer_id);

-- What is left of one earning.
CREATE TABLE lot (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    opened BIGINT NOT NULL CHECK (opened >= 0),
    remaining BIGINT NOT NULL CHECK (remaining >= 0),
    active_from BIGINT NOT NULL,
    expires_at BIGINT,
    notice_at BIGINT
);
CREATE INDEX lot_open ON lot (account_id) WHERE remaining > 0;

-- Which lots a transfer drew from (negative) or gave to (positive), besides the one it opened.
CREATE TABLE lot_move (
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    lot_id TEXT NOT NULL REFERENCES lot (id),
    points BIGINT NOT NULL CHECK (points <> 0),
    PRIMARY KEY (transfer_id, lot_id)
);

-- What a member owes after a return.
CREATE TABLE debt (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
    points BIGINT NOT NULL CHECK (points >= 0)
);

-- A reservation at checkout.
CREATE TABLE hold (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    member_id TEXT REFERENCES member (id),
    customer_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'committed', 'released')),
    program_version BIGINT NOT NULL,
    asked TEXT NOT NULL,
    quote TEXT NOT NULL,
    order_id TEXT,
    order_customer TEXT,
    amount_minor BIGINT,
    amount_currency TEXT,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX hold_by_member ON hold (member_id, state);
CREATE INDEX hold_by_end ON hold (state, expires_at);
CREATE UNIQUE INDEX hold_by_order ON hold (shop_id, order_id) WHERE state IN ('confirmed', 'committed');

CREATE TABLE hold_lot (
    hold_id TEXT NOT NULL REFERENCES hold (id),
    place BIGINT NOT NULL,
    lot_id TEXT NOT NULL REFERENCES lot (id),
    points BIGINT NOT NULL CHECK (points > 0),
    PRIMARY KEY (hold_id, lot_id)
);
CREATE INDEX hold_lot_by_lot ON hold_lot (lot_id);

-- The uses of promotions that a confirmed hold has taken.
CREATE TABLE hold_use (
    hold_id TEXT NOT NULL REFERENCES hold (id),
    promotion_id TEXT NOT NULL,
    PRIMARY KEY (hold_id, promotion_id)
);

CREATE TABLE promotion_use (
    program_id TEXT NOT NULL REFERENCES program (id),
    promotion_id TEXT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (program_id, promotion_id)
);

CREATE TABLE promotion_member_use (
    program_id TEXT NOT NULL REFERENCES program (id),
    promotion_id TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES member (id),
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (program_id, promotion_id, member_id)
);

-- Orders as state. `basis`: the rule it earns by, frozen. `earned`, `redeemed`: what is booked now.
CREATE TABLE shop_order (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    customer_id TEXT,
    member_id TEXT REFERENCES member (id),
    placed_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    lines TEXT NOT NULL,
    basis TEXT,
    earned BIGINT NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE INDEX shop_order_by_customer ON shop_order (shop_id, customer_id, placed_at);

CREATE TABLE order_return (
    shop_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    id TEXT NOT NULL,
    returned_at BIGINT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (shop_id, order_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES shop_order (shop_id, id)
);

-- The first answer to a request, kept in the transaction of its effect.
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (owner, route, idempotency_key)
);
CREATE INDEX idempotency_by_age ON idempotency (made_at);

-- How far a file's dates were moved when it was first imported, so that a second run does the same.
CREATE TABLE import_run (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    source TEXT NOT NULL,
    shift_days BIGINT NOT NULL,
    enrol TEXT NOT NULL,
    first_run_at BIGINT NOT NULL,
    PRIMARY KEY (shop_id, source)
);
