-- Order of a person's notifications as they were stored, so that whoever was away can ask for «everything after».
-- A trigger gives each its place, whoever writes it: the counter's row lock makes the places of one person follow the order
-- in which transactions commit, so nothing ever appears before a place that was already read.

CREATE TABLE notification_counters (
    profile_id TEXT NOT NULL PRIMARY KEY REFERENCES user_profiles (profile_id),
    last_sequence BIGINT NOT NULL CHECK (last_sequence >= 0)
) {strict};

CREATE TABLE notification_places (
    profile_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    notification_id TEXT NOT NULL UNIQUE REFERENCES notifications (notification_id) ON DELETE CASCADE,
    PRIMARY KEY (profile_id, sequence)
) {strict};

INSERT INTO notification_places (profile_id, sequence, notification_id)
    SELECT profile_id, ROW_NUMBER() OVER (PARTITION BY profile_id ORDER BY created_at, notification_id), notification_id
    FROM notifications;
INSERT INTO notification_counters (profile_id, last_sequence)
    SELECT profile_id, COUNT(*) FROM notifications GROUP BY profile_id;
{notification_order}

-- Which requests have changed lately, for a process that nobody tells.
CREATE INDEX qsend_requests_changed ON qsend_requests (updated_at);
