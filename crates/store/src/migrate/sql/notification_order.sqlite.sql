CREATE TRIGGER notifications_placed AFTER INSERT ON notifications
BEGIN
    INSERT INTO notification_counters (profile_id, last_sequence) VALUES (NEW.profile_id, 1)
        ON CONFLICT (profile_id) DO UPDATE SET last_sequence = last_sequence + 1;
    INSERT INTO notification_places (profile_id, sequence, notification_id)
        SELECT NEW.profile_id, last_sequence, NEW.notification_id
        FROM notification_counters WHERE profile_id = NEW.profile_id;
END;
