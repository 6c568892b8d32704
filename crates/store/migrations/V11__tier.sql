-- Habitué, schema 11: how a tier is reached, kept and lost; the member card.

-- `review_at`: when it is looked next whether the tier is kept; null until the job has planned it.
-- `review_from`: since when what is reached counts in a review that found too little; null while
-- none is open. `warned_at`: since when the member knows.
-- `floor_tier`, `floor_until`: a tier given by hand, below which they do not fall before.
ALTER TABLE member ADD COLUMN review_at BIGINT;
ALTER TABLE member ADD COLUMN review_from BIGINT;
ALTER TABLE member ADD COLUMN warned_at BIGINT;
ALTER TABLE member ADD COLUMN floor_tier TEXT;
ALTER TABLE member ADD COLUMN floor_until BIGINT;
CREATE INDEX member_by_review ON member (program_id, tier, review_at);

-- What happened to a member's tier, and why. `value`: what was reached then, in what the program
-- counts. Who gave one by hand stands here alone, since it may name a person.
CREATE TABLE tier_change (
    id TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES member (id),
    kind TEXT NOT NULL CHECK (kind IN ('up', 'down', 'warned', 'by_hand')),
    tier TEXT NOT NULL,
    tier_before TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    ends_at BIGINT,
    value BIGINT NOT NULL,
    author TEXT,
    reason TEXT
);
CREATE INDEX tier_change_by_member ON tier_change (member_id, id);

-- What whoever entered a tier was given. A return within the return window takes it back.
CREATE TABLE tier_reward (
    id TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES member (id),
    tier TEXT NOT NULL,
    points BIGINT NOT NULL,
    code_id TEXT REFERENCES code (id),
    given_at BIGINT NOT NULL,
    ripe_at BIGINT NOT NULL,
    taken_back_at BIGINT
);
CREATE INDEX tier_reward_by_member ON tier_reward (member_id, tier, given_at);

-- `kept_paid`: what was paid for the goods kept, in minor units, as tiers count it; null on orders
-- of before, until the job has filled it in. `channel`: where it was sold, such as `pos`.
ALTER TABLE shop_order ADD COLUMN kept_paid BIGINT;
ALTER TABLE shop_order ADD COLUMN channel TEXT;
CREATE INDEX shop_order_counted ON shop_order (member_id, placed_at) WHERE member_id IS NOT NULL;
CREATE INDEX shop_order_uncounted ON shop_order (shop_id, id)
    WHERE kept_paid IS NULL;

-- A member card: found by the keyed hash of its code, which its owner may read again.
CREATE TABLE member_card (
    hash TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES member (id),
    sealed TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX member_card_in_use ON member_card (member_id) WHERE ended_at IS NULL;
