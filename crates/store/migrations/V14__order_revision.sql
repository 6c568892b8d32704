-- Habitué, schema 14: two steps of one order never work from the same state.

-- Counts the times the order was written. Whoever writes it must have read the last one.
ALTER TABLE shop_order ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
