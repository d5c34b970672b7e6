-- The figures of administrators: what is counted and added up is read from an index alone, and days from where they begin.
CREATE INDEX transactions_sent ON transactions (occurred_at, amount) WHERE kind = 'SENT';
CREATE INDEX user_profiles_created ON user_profiles (created_at);
CREATE INDEX user_profiles_country ON user_profiles (nationality_country_code);
