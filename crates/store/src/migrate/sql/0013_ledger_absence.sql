-- One row: why no ledger is bound yet, as whoever tries to reach one saw it last. Of no interest once one is bound.
CREATE TABLE ledger_absence (
    absence_id BIGINT NOT NULL PRIMARY KEY CHECK (absence_id = 1),
    reason TEXT NOT NULL,
    seen_at BIGINT NOT NULL
) {strict};
