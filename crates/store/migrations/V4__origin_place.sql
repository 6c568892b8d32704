-- Habitué, schema 4: the order in which a shop's origins were added.

-- The first is the shop's own address, where people are sent; others are `www.`, a test shop, an app.
ALTER TABLE origin ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
