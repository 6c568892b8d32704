-- Habitué, schema 2: seals over the ledger, and jobs.

-- Up to which entry an account is sealed.
ALTER TABLE account ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX account_unsealed ON account (program_id, id) WHERE seq > sealed;

-- A seal covers the seal before it, the heads of the accounts that changed since, and how many
-- entries of the program are sealed by now. Never changed.
CREATE TABLE seal (
    program_id TEXT NOT NULL REFERENCES program (id),
    number BIGINT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    entries BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    PRIMARY KEY (program_id, number)
);

-- The accounts are named without a reference: a seal must still name one that was removed.
CREATE TABLE seal_head (
    program_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    head TEXT NOT NULL,
    PRIMARY KEY (program_id, number, account_id)
);

-- One row per job. Whoever holds the lease runs it; each slice of its work renews the lease in
-- its own transaction, so that two servers never do the same slice.
CREATE TABLE job (
    name TEXT NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL,
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    ran_at BIGINT,
    outcome TEXT
);

CREATE INDEX session_by_end ON session (expires_at);
