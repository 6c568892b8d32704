-- Habitué, schema 5: consent, the mails it takes, and whoever else is told of it.

-- Somebody a shop may have consent from, member or not. The address stands here and nowhere else:
-- erasing a contact empties `email`, `email_hash`, `customer_id` and `locale`, and what it consented
-- to names nobody any more. `email_hash` is keyed with the master key. A contact that turned out to be
-- another one says so in `merged_into`. `leaving_at`: to be erased once everybody else has been told.
CREATE TABLE contact (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    customer_id TEXT,
    email TEXT,
    email_hash TEXT,
    locale TEXT,
    merged_into TEXT REFERENCES contact (id),
    made_at BIGINT NOT NULL,
    leaving_at BIGINT,
    erased_at BIGINT
);
CREATE UNIQUE INDEX contact_by_email ON contact (shop_id, email_hash);
CREATE UNIQUE INDEX contact_by_customer ON contact (shop_id, customer_id);
CREATE INDEX contact_leaving ON contact (id) WHERE leaving_at IS NOT NULL AND erased_at IS NULL;
CREATE INDEX contact_merged ON contact (merged_into) WHERE merged_into IS NOT NULL;

-- Every text that was ever shown, once. Never changed.
CREATE TABLE consent_text (
    hash TEXT NOT NULL PRIMARY KEY,
    locale TEXT NOT NULL,
    body TEXT NOT NULL,
    privacy_url TEXT NOT NULL
);

-- The consent ledger. Never changed: what was taken back is another row.
CREATE TABLE consent (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    contact_id TEXT NOT NULL REFERENCES contact (id),
    purpose TEXT NOT NULL,
    topic TEXT NOT NULL,
    action TEXT NOT NULL,
    channel TEXT NOT NULL,
    place TEXT,
    text_hash TEXT REFERENCES consent_text (hash),
    program_version BIGINT NOT NULL,
    happened_at BIGINT NOT NULL
);
CREATE INDEX consent_by_contact ON consent (contact_id, id);

-- Where each matter stands: what the rows above add up to. `version` decides races.
CREATE TABLE consent_state (
    contact_id TEXT NOT NULL REFERENCES contact (id),
    purpose TEXT NOT NULL,
    topic TEXT NOT NULL,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    state TEXT NOT NULL,
    until BIGINT,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (contact_id, purpose, topic)
);
CREATE INDEX consent_state_by_matter ON consent_state (shop_id, purpose, topic, state, contact_id);
CREATE INDEX consent_state_pending ON consent_state (until) WHERE state = 'pending';

-- Addresses that nothing is sent to: erased ones, and ones that do not exist.
CREATE TABLE suppression (
    shop_id TEXT NOT NULL REFERENCES shop (id),
    email_hash TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('erased', 'refused')),
    since BIGINT NOT NULL,
    PRIMARY KEY (shop_id, email_hash)
);

-- A single-use link of a mail. What stands in the mail is derived from the id and the master key.
CREATE TABLE mail_link (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('confirm', 'open')),
    contact_id TEXT NOT NULL REFERENCES contact (id),
    customer_id TEXT,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX mail_link_by_contact ON mail_link (contact_id, kind, made_at);
CREATE INDEX mail_link_by_end ON mail_link (expires_at);

-- A merchant's address that is told of events ('webhook'), or a newsletter service ('brevo').
-- `sealed`: its secret or key, encrypted with the master key.
CREATE TABLE endpoint (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL CHECK (kind IN ('webhook', 'brevo')),
    url TEXT NOT NULL,
    sealed TEXT NOT NULL,
    settings TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    disabled_at BIGINT,
    reason TEXT
);
CREATE INDEX endpoint_by_shop ON endpoint (shop_id, id);

-- What is to be sent, in the transaction of what it tells. It names what it is about; addresses and
-- texts are looked up when it is sent. Whoever takes a row moves `next_at` beyond its lease.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'web')),
    about TEXT NOT NULL,
    reference TEXT NOT NULL,
    contact_id TEXT NOT NULL REFERENCES contact (id),
    endpoint_id TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    done_at BIGINT,
    outcome TEXT,
    said TEXT,
    UNIQUE (about, reference, contact_id, endpoint_id)
);
CREATE INDEX outbox_due ON outbox (channel, next_at) WHERE done_at IS NULL;
CREATE INDEX outbox_by_contact ON outbox (contact_id) WHERE done_at IS NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (shop_id, id) WHERE outcome = 'dead';

-- A mail to a topic. `reached`: the contact up to which it has been put into the outbox.
CREATE TABLE newsletter (
    id TEXT NOT NULL PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shop (id),
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    reached TEXT NOT NULL,
    queued_at BIGINT
);
CREATE INDEX newsletter_unqueued ON newsletter (id) WHERE queued_at IS NULL;
