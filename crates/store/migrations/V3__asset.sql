-- Habitué, schema 3: the widget's files of every version that pages may still hold.

-- A payload's path names its content. `pinned_at`: never forgotten, since a page may name it for
-- ever. `body` is base64.
CREATE TABLE asset (
    path TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    body TEXT NOT NULL,
    last_shipped_at BIGINT NOT NULL,
    pinned_at BIGINT
);
CREATE INDEX asset_by_age ON asset (last_shipped_at) WHERE pinned_at IS NULL;
