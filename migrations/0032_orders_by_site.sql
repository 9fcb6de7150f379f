-- Why: a merchant lists its orders by time (GET /v3/orders, and the pages to come), and without this index each list
-- would scan everybody's orders. Neither column is changed when an order ends, so its end still writes no index.
-- Old code: runs on. Locks: writers of orders wait while the index is built.

create index orders_by_site_and_time on orders (merchant_site, created_at, id);
