-- Why: a browser follows a return address by itself. When it does not know the scheme, it hands the address
-- to any program that has claimed it. Beside http and https a site returns only to the schemes of its own
-- apps, and, when it says so, only to its own hosts.
-- Old code: runs, and does not ask. A site that returns into an app must have its scheme listed ("vipay site set
-- --return-schemes") before its next order. Locks: merchant_sites for a moment, no rewrite.

alter table merchant_sites
  add column return_schemes text[] not null default '{}',
  add column return_hosts text[] not null default '{}',
  add constraint merchant_sites_return_schemes_bounded check (cardinality(return_schemes) <= 10),
  add constraint merchant_sites_return_hosts_bounded check (cardinality(return_hosts) <= 50);
comment on column merchant_sites.return_schemes is 'Schemes of the merchant''s own apps, lower case, to which buyers may be sent back; beside https, and http in the sandbox';
comment on column merchant_sites.return_hosts is 'Hosts to which buyers may be sent back, ASCII, lower case; *.example is every host below example; empty: any host';
