-- Habitué, schema 6: what promotions with a budget took off, and how many orders a member paid.

ALTER TABLE hold_use ADD COLUMN currency TEXT;
ALTER TABLE hold_use ADD COLUMN taken_minor BIGINT;

-- Completed orders and confirmed holds together.
CREATE TABLE promotion_spent (
    program_id TEXT NOT NULL REFERENCES program (id),
    promotion_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    spent_minor BIGINT NOT NULL,
    PRIMARY KEY (program_id, promotion_id, currency)
);

CREATE INDEX shop_order_by_member ON shop_order (member_id, state) WHERE member_id IS NOT NULL;
