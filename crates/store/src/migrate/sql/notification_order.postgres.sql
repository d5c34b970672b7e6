CREATE FUNCTION place_notification() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place BIGINT;
BEGIN
    INSERT INTO notification_counters (profile_id, last_sequence) VALUES (NEW.profile_id, 1)
        ON CONFLICT (profile_id) DO UPDATE SET last_sequence = notification_counters.last_sequence + 1
        RETURNING last_sequence INTO place;
    INSERT INTO notification_places (profile_id, sequence, notification_id)
        VALUES (NEW.profile_id, place, NEW.notification_id);
    RETURN NULL;
END;
$$;
CREATE TRIGGER notifications_placed AFTER INSERT ON notifications
    FOR EACH ROW EXECUTE FUNCTION place_notification();
