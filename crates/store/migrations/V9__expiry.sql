-- Habitué, schema 9: the end of points.

-- When it was last looked whether the member can be told of the end by mail; whoever has no address
-- is not looked at again each hour.
ALTER TABLE lot ADD COLUMN looked_at BIGINT;

-- What will end and nobody has been told of, and what may have ended.
CREATE INDEX lot_untold ON lot (expires_at)
    WHERE remaining > 0 AND expires_at IS NOT NULL AND notice_at IS NULL;
CREATE INDEX lot_told ON lot (expires_at)
    WHERE remaining > 0 AND expires_at IS NOT NULL AND notice_at IS NOT NULL;

-- A member is looked up by who they are, to be told.
CREATE INDEX customer_of_member ON customer (member_id) WHERE member_id IS NOT NULL;
