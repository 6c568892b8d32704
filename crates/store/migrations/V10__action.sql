-- Habitué, schema 10: what earns besides orders.

-- An event that earned, or would have but for its cap (`transfer_id` is null). The shop names it, and the
-- same one counts once, for ever.
CREATE TABLE earned_action (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    action TEXT NOT NULL,
    event_id TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES member (id),
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    transfer_id TEXT REFERENCES transfer (id),
    PRIMARY KEY (shop_id, action, event_id)
);
CREATE INDEX earned_action_by_member ON earned_action (member_id, action, occurred_at);

-- Month and day, `02-29`: no year, since nobody needs to know an age.
ALTER TABLE profile ADD COLUMN birthday TEXT;
CREATE INDEX profile_by_birthday ON profile (birthday) WHERE birthday IS NOT NULL;
