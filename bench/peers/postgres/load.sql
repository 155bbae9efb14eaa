-- Loads the files `yijie load` takes, and the claims; run in the directory that holds them. The
-- first line of the files is a remark.

CREATE TEMP TABLE persons_csv (
  psn_no text, psn_name text, psn_cert_type text, certno text, gend text, brdy date, cvlserv_flag text,
  insutype text, psn_type text, insuplc_admdvs text, begndate date, enddate date, psn_insu_stas text,
  assistance text, assistance_begndate date, injury_no text, injury_date date);
\copy persons_csv FROM PROGRAM 'sed 1d persons.csv' (FORMAT csv, HEADER)
INSERT INTO person
  SELECT DISTINCT ON (psn_no) psn_no, psn_name, certno, gend, brdy, cvlserv_flag = '1' FROM persons_csv;
INSERT INTO coverage
  SELECT psn_no, insutype, psn_type, insuplc_admdvs, begndate, coalesce(enddate, '9999-12-31'), psn_insu_stas
  FROM persons_csv;
INSERT INTO assistance
  SELECT DISTINCT psn_no, assistance, assistance_begndate FROM persons_csv WHERE assistance IS NOT NULL;

CREATE TEMP TABLE institutions_csv (
  fixmedins_code text, fixmedins_name text, kind text, admdvs text, hosp_lv text, hosp_grade text,
  hosp_place text, price_class text, begndate date, enddate date);
\copy institutions_csv FROM PROGRAM 'sed 1d institutions.csv' (FORMAT csv, HEADER)
INSERT INTO institution
  SELECT fixmedins_code, fixmedins_name, kind, admdvs, coalesce(hosp_lv, 'LEVEL_NONE'),
         coalesce(hosp_place, 'PLACE_NONE'), begndate, coalesce(enddate, '9999-12-31')
  FROM institutions_csv;

CREATE TEMP TABLE catalogue_csv (
  med_list_codg text, name text, kind text, chrgitm_lv text, selfpay_prop text, pric_uplmt numeric,
  insutype text, admdvs text, begndate date, enddate date);
\copy catalogue_csv FROM PROGRAM 'sed 1d catalogue.csv' (FORMAT csv, HEADER)
INSERT INTO catalogue
  SELECT med_list_codg, coalesce(insutype, ''), begndate, coalesce(enddate, '9999-12-31'), name, kind, chrgitm_lv,
         rtrim(selfpay_prop, '%')::bigint * 10000, coalesce(pric_uplmt * 100, 0)::bigint
  FROM catalogue_csv;

CREATE TEMP TABLE accounts_csv (
  voucher_no text, agency text, psn_no text, sub_account text, amount numeric, memo text);
\copy accounts_csv FROM PROGRAM 'sed 1d accounts.csv' (FORMAT csv, HEADER)
INSERT INTO account
  SELECT psn_no, coalesce(sum(amount * 100) FILTER (WHERE sub_account = 'CURRENT_YEAR'), 0),
         coalesce(sum(amount * 100) FILTER (WHERE sub_account = 'PAST_YEARS'), 0)
  FROM accounts_csv GROUP BY psn_no;

\copy claim FROM 'claims.copy'
