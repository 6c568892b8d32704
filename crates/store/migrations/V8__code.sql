-- Habitué, schema 8: codes that are issued one by one, instead of standing in the program document.

-- Codes that belong together. `kind`: 'generated', of which `wanted` are to be made (`made` are), or
-- 'imported', of which as many are wanted as there are. What holds for all of them stands here.
CREATE TABLE code_batch (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    promotion_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('generated', 'imported')),
    prefix TEXT,
    characters BIGINT NOT NULL,
    wanted BIGINT NOT NULL,
    made BIGINT NOT NULL CHECK (made >= 0 AND made <= wanted),
    uses BIGINT NOT NULL CHECK (uses > 0),
    valid_from BIGINT,
    valid_until BIGINT,
    made_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE INDEX code_batch_by_shop ON code_batch (shop_id, id);
CREATE INDEX code_batch_unfinished ON code_batch (id) WHERE made < wanted AND withdrawn_at IS NULL;

-- One issued code, never in clear: `id` holds its keyed hash, by which it is found; `sealed` the
-- code itself, encrypted with the master key. A code of a batch has a place in it; one of a member
-- names the promotion and its dates itself, and the order that issued it, if one did.
-- `taken_back_at`: that order came back.
CREATE TABLE code (
    id TEXT NOT NULL PRIMARY KEY,
    batch_id TEXT REFERENCES code_batch (id),
    place BIGINT,
    shop_id TEXT REFERENCES shop (id),
    promotion_id TEXT,
    member_id TEXT REFERENCES member (id),
    order_id TEXT,
    last_four TEXT NOT NULL,
    sealed TEXT NOT NULL,
    valid_from BIGINT,
    valid_until BIGINT,
    made_at BIGINT,
    withdrawn_at BIGINT,
    taken_back_at BIGINT
);
CREATE UNIQUE INDEX code_by_place ON code (batch_id, place) WHERE batch_id IS NOT NULL;
CREATE INDEX code_by_member ON code (member_id, id) WHERE member_id IS NOT NULL;
CREATE UNIQUE INDEX code_by_order ON code (shop_id, order_id, promotion_id) WHERE order_id IS NOT NULL;

-- Who has which use of a code. `taken_until`: when a reservation ends, null once an order has it for
-- good. `sealed`: the code as its holder typed it, encrypted.
CREATE TABLE code_use (
    code_id TEXT NOT NULL REFERENCES code (id),
    slot BIGINT NOT NULL,
    hold_id TEXT NOT NULL REFERENCES hold (id),
    sealed TEXT NOT NULL,
    taken_until BIGINT,
    PRIMARY KEY (code_id, slot)
);
CREATE INDEX code_use_by_hold ON code_use (hold_id);
