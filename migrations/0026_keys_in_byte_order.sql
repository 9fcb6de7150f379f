-- Why: indexes over text were sorted by the database's collation, which belongs to a library (libc, ICU) of the server's
-- machine. When that is upgraded, the order changes under the indexes: a reference or a phone number that is there is not
-- found, and a second one is let in. Every text column that any index holds is now in byte order (collate "C"), which no
-- library changes. Columns that refer to each other are indexed alike, so comparing them still uses their indexes.
--
-- Kept as the last number on purpose: it looks at all tables that there are. A table made later says collate "C" itself;
-- src/ground/database/key-order.test.ts holds that.
--
-- Old code: runs on it. Locks: each changed table, against reading too, while its indexes over such columns
-- are built again and its foreign keys and checks over them are checked. No table is rewritten (measured:
-- under 2 s with 300,000 orders on two busy cores). On a big database apply it when nobody pays.

do $$
declare
  v_table record;
  v_triggers text[];
  v_trigger text;
begin
  for v_table in
    select t.oid, t.oid::regclass as name,
      string_agg(format('alter column %I type text collate "C"', a.attname), ', ' order by a.attnum) as changes
    from pg_class t
    join pg_attribute a on a.attrelid = t.oid and not a.attisdropped and a.attnum > 0
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
      and a.atttypid = 'text'::regtype and a.attcollation <> '"C"'::regcollation
      and exists (select from pg_index i where i.indrelid = t.oid and a.attnum = any (i.indkey))
    group by t.oid
    order by t.oid
  loop
    -- A trigger that names a column holds its type: it is taken away and made again, in this same transaction.
    select array_agg(pg_get_triggerdef(g.oid) order by g.tgname) into v_triggers
      from pg_trigger g where g.tgrelid = v_table.oid and not g.tgisinternal and g.tgenabled = 'O';
    for v_trigger in
      select format('drop trigger %I on %s', g.tgname, v_table.name)
        from pg_trigger g where g.tgrelid = v_table.oid and not g.tgisinternal and g.tgenabled = 'O'
    loop
      execute v_trigger;
    end loop;
    execute format('alter table %s %s', v_table.name, v_table.changes);
    foreach v_trigger in array coalesce(v_triggers, '{}') loop
      execute v_trigger;
    end loop;
  end loop;
end $$;
