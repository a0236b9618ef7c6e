UPDATE action SET words = given.words FROM given WHERE record = id;
INSERT INTO bare.words (number, date, record, words)
    SELECT number, coalesce(sort_date, '0001-01-01'), id, action.words
    FROM action JOIN bare.document ON record = id;
