-- SPDX-License-Identifier: Apache-2.0
--
-- Trace context from text, for those who enqueue with SQL.

-- Reads a traceparent as W3C's recommendation says: NULLs, not an error, for one that is not valid.
CREATE FUNCTION parse_traceparent(text, OUT trace_id uuid, OUT span_id bigint, OUT flags smallint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE head text := left($1, 55);
BEGIN
    IF $1 IS NULL OR length(head) < 55
        -- Three hyphens at their places, the rest lower-case digits. Without regular expressions: a third of the
        -- time.
        OR translate(head, '0123456789abcdef', '') <> '---'
        OR substr(head, 3, 1) <> '-' OR substr(head, 36, 1) <> '-' OR substr(head, 53, 1) <> '-'
        OR left(head, 2) = 'ff'
        -- A later version may go on, after another hyphen.
        OR length($1) > 55 AND (left(head, 2) = '00' OR substr($1, 56, 1) <> '-')
        OR substr(head, 4, 32) = repeat('0', 32) OR substr(head, 37, 16) = repeat('0', 16)
    THEN RETURN; END IF;
    trace_id := substr(head, 4, 32)::uuid;
    span_id := ('x' || substr(head, 37, 16))::bit(64)::bigint;
    -- Sampled and random: other bits have no meaning yet, and aren't passed on.
    flags := ('x' || substr(head, 54, 2))::bit(8)::integer & 3;
END $$;

CREATE FUNCTION format_traceparent(trace_id uuid, span_id bigint, flags integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '00-' || replace(trace_id::text, '-', '') || '-' || lpad(to_hex(span_id), 16, '0') || '-'
    || lpad(to_hex(flags & 255), 2, '0');

-- The context of the transaction: what SET LOCAL stitch.traceparent, stitch.tracestate and stitch.baggage say, and
-- the other fields of the carrier from stitch.carrier, a JSON object. Whatever is malformed or too long is left out.
CREATE FUNCTION current_context(
    OUT trace_id uuid, OUT span_id bigint, OUT flags smallint, OUT tracestate text, OUT baggage text, OUT carrier jsonb
)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE fields text := nullif(current_setting('stitch.carrier', true), '');
BEGIN
    SELECT p.trace_id, p.span_id, p.flags INTO trace_id, span_id, flags
    FROM parse_traceparent(nullif(current_setting('stitch.traceparent', true), '')) AS p;
    flags := coalesce(flags, 0);
    IF trace_id IS NOT NULL THEN tracestate := nullif(current_setting('stitch.tracestate', true), ''); END IF;
    baggage := nullif(current_setting('stitch.baggage', true), '');
    IF octet_length(tracestate) > 8192 THEN tracestate := NULL; END IF;
    IF octet_length(baggage) > 8192 THEN baggage := NULL; END IF;
    IF fields IS NOT NULL AND octet_length(fields) <= 8192 THEN
        BEGIN
            carrier := fields::jsonb;
            IF jsonb_typeof(carrier) <> 'object' THEN carrier := NULL; END IF;
        EXCEPTION WHEN others THEN carrier := NULL;
        END;
    END IF;
END $$;
