-- Why: an order comes in with one statement: its Idempotency-Key is looked up, the order stored, the answer kept.
-- Old code: still runs, it calls none of these. Locks: nothing.

/*
 * Stores a new order and its deadline. Returns false and stores nothing when its reference is known, or when
 * the site or the key that it came with is no longer valid. Both are read here, because the caller's copies
 * may be old.
 */
create function order_insert(
  p_id uuid, p_environment text, p_merchant_site text, p_protocol text, p_merch_txn_ref text, p_order_no text,
  p_amount_dong bigint, p_description text, p_return_url text, p_cancel_url text, p_locale text, p_received jsonb,
  p_content_hash bytea, p_created_at timestamptz, p_expires_at timestamptz, p_key uuid
) returns boolean language plpgsql set search_path = public, pg_temp as $$
begin
  insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description,
      return_url, cancel_url, locale, received, content_hash, created_at, expires_at)
    select p_id, s.environment, s.merchant_site, p_protocol, p_merch_txn_ref, p_order_no, p_amount_dong, p_description,
      p_return_url, p_cancel_url, p_locale, p_received, p_content_hash, p_created_at, p_expires_at
    from merchant_sites s join merchants m on m.id = s.merchant_id
    where s.merchant_site = p_merchant_site and s.environment = p_environment and s.protocol = p_protocol
      and s.protocol_enabled and s.status = 'active' and m.status = 'active'
      and (p_key is null or exists (select from site_keys k where k.id = p_key and k.status <> 'revoked'
        and (k.expires_at is null or k.expires_at > p_created_at)))
    on conflict (merchant_site, merch_txn_ref) do nothing;
  if not found then
    return false;
  end if;
  insert into order_deadlines (expires_at, order_id) values (p_expires_at, p_id);
  return true;
end $$;

/*
 * The answer that was kept for a key after `p_since`, read under the key's lock, which this takes until the end of the
 * transaction. `is_locked` is false while another transaction works on the key.
 */
create function answer_find(p_lock bigint, p_merchant_site text, p_path text, p_key text, p_since timestamptz)
  returns table (is_locked boolean, body_hash bytea, status integer, body text)
  language plpgsql set search_path = public, pg_temp as $$
begin
  is_locked := pg_try_advisory_xact_lock(p_lock);
  if is_locked then
    -- A statement of its own: it sees what the lock's former holder has committed.
    select k.body_hash, k.response_status, k.response_body into body_hash, status, body
      from idempotency_keys k
      where k.merchant_site = p_merchant_site and k.path = p_path and k.idempotency_key = p_key
        and k.created_at > p_since;
  end if;
  return next;
end $$;

/* Keeps an answer, in the place of one that has outlived its time and was not trimmed yet. Always true. */
create function answer_keep(
  p_merchant_site text, p_path text, p_key text, p_body_hash bytea, p_status integer, p_body text, p_now timestamptz
) returns boolean language plpgsql set search_path = public, pg_temp as $$
begin
  insert into idempotency_keys (merchant_site, path, idempotency_key, body_hash, response_status, response_body, created_at)
    values (p_merchant_site, p_path, p_key, p_body_hash, p_status, p_body, p_now)
    on conflict (merchant_site, path, idempotency_key) do update
      set body_hash = excluded.body_hash, response_status = excluded.response_status,
        response_body = excluded.response_body, created_at = excluded.created_at;
  return true;
end $$;
