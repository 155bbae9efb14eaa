-- The stored procedure, and the check that it decides as the engine does.

-- Amount times millionths, half up.
CREATE FUNCTION half_up(fen_millionths bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (fen_millionths + 500000) / 1000000 $$;

-- What of (low, high] lies in [from, to].
CREATE FUNCTION inside(from_fen bigint, to_fen bigint, low bigint, high bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT greatest(least(to_fen, high) - greatest(from_fen, low), 0) $$;

-- Settles claim `p_claim` under the message id and gives the reply; a message that was answered
-- before gets the same reply again and changes nothing.
CREATE FUNCTION settle(p_claim bigint, p_msgid text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  c claim;
  hospital institution;
  who record;
  package policy_package;
  terms policy_terms;
  aid policy_assistance;
  years accumulator;
  money account;
  old record;
  split record;
  v_setl bigint;
  v_refusal text;
  v_dedc bigint;
  v_hifp bigint;
  v_own_scope bigint;
  v_hifmi bigint;
  v_maf_dedc bigint;
  v_maf bigint;
  v_part bigint;
  v_due bigint;
  v_current bigint := 0;
  v_past bigint := 0;
  v_year date;
  v_reply text;
BEGIN
  SELECT * INTO STRICT c FROM claim WHERE id = p_claim;
  -- One settlement of a person at a time; a lock in memory, which writes nothing.
  PERFORM pg_advisory_xact_lock(hashtextextended(c.psn_no, 0));
  SELECT m.body_hash, m.reply INTO old FROM message m
    WHERE m.fixmedins_code = c.fixmedins_code AND m.msgid = p_msgid;
  IF FOUND THEN
    IF old.body_hash <> c.body_hash THEN
      RAISE EXCEPTION 'message % of % was sent before with another body', p_msgid, c.fixmedins_code;
    END IF;
    RETURN old.reply;
  END IF;

  SELECT * INTO hospital FROM institution
    WHERE fixmedins_code = c.fixmedins_code AND begndate <= c.begndate AND enddate >= c.enddate;
  SELECT v.psn_type, v.insuplc_admdvs, p.brdy, p.cvlserv_flag,
         coalesce((SELECT a.class FROM assistance a WHERE a.psn_no = c.psn_no AND a.begndate <= c.begndate
                   ORDER BY a.begndate DESC LIMIT 1), 'ASSISTANCE_NONE') AS assistance
    INTO who
    FROM coverage v JOIN person p USING (psn_no)
    WHERE v.psn_no = c.psn_no AND v.insutype = c.insutype AND v.begndate <= c.begndate
      AND v.enddate >= c.begndate AND v.psn_insu_stas = '1'
    ORDER BY v.begndate DESC LIMIT 1;
  SELECT * INTO package FROM policy_package
    WHERE insuplc_admdvs = who.insuplc_admdvs AND insutype = c.insutype AND med_type = c.med_type
      AND valid_from <= c.enddate
    ORDER BY valid_from DESC LIMIT 1;
  SELECT * INTO terms FROM policy_terms t
    WHERE t.package = package.id AND t.hosp_place = hospital.hosp_place AND t.hosp_lv = hospital.hosp_lv
      AND t.psn_group = CASE WHEN c.insutype = '310' THEN left(who.psn_type, 2) ELSE '' END;
  SELECT * INTO aid FROM policy_assistance a
    WHERE a.package = package.id AND a.assistance = who.assistance;
  v_year := date_trunc('year', c.enddate)::date;
  SELECT * INTO years FROM accumulator
    WHERE psn_no = c.psn_no AND insutype = c.insutype AND period = v_year;
  IF NOT FOUND THEN
    years := ROW(c.psn_no, c.insutype, v_year, 0, 0, 0, 0, 0, 0);
  END IF;
  SELECT * INTO money FROM account WHERE psn_no = c.psn_no;

  v_refusal := CASE
    WHEN hospital.fixmedins_code IS NULL THEN 'NO_INSTITUTION'
    WHEN who.psn_type IS NULL THEN 'NOT_COVERED'
    WHEN package.id IS NULL THEN 'NO_POLICY'
    WHEN terms.package IS NULL OR aid.package IS NULL OR hospital.admdvs <> who.insuplc_admdvs
      OR who.cvlserv_flag OR extract(year FROM age(c.begndate, who.brdy)) < package.least_age
      THEN 'POLICY_INCOMPLETE'
    END;

  IF v_refusal IS NULL THEN
    v_setl := nextval('settlement_id');
    WITH line AS (
      SELECT l.line_no, l.sn, l.code, l.day, l.cnt, l.pric, l.amount,
             coalesce(i.chrgitm_lv, '') AS lv,
             coalesce(i.selfpay_prop_1e6, 0) AS prop,
             coalesce(i.chrgitm_lv, '03') = '03' AS own,
             CASE WHEN i.pric_uplmt_fen > 0
                  THEN least(l.amount, (i.pric_uplmt_fen * l.cnt + 5000) / 10000)
                  ELSE l.amount END AS limited
      FROM unnest(c.feedetl_sn, c.med_list_codg, c.fee_ocur_date, c.cnt_1e4, c.pric_fen_1e4, c.amount)
             WITH ORDINALITY AS l (sn, code, day, cnt, pric, amount, line_no)
      LEFT JOIN LATERAL (
        SELECT chrgitm_lv, selfpay_prop_1e6, pric_uplmt_fen FROM catalogue
        WHERE med_list_codg = l.code AND insutype IN ('', c.insutype)
          AND begndate <= l.day AND enddate >= l.day
        ORDER BY insutype DESC LIMIT 1) i ON true
    ), part AS MATERIALIZED (
      SELECT line_no, sn, code, day, cnt, pric, amount, lv, prop,
             CASE WHEN own THEN amount ELSE 0 END AS fulamt,
             CASE WHEN own THEN 0 ELSE amount - limited END AS overlmt,
             CASE WHEN own THEN 0 ELSE half_up(limited * prop) END AS preselfpay,
             CASE WHEN own THEN 0 ELSE limited - half_up(limited * prop) END AS inscp
      FROM line
    ), stored AS (
      INSERT INTO settlement_line
      SELECT v_setl, line_no, sn, code, day, cnt, pric, amount, lv, prop, fulamt, overlmt, preselfpay, inscp
      FROM part
    )
    SELECT sum(amount)::bigint AS medfee, sum(fulamt)::bigint AS fulamt, sum(overlmt)::bigint AS overlmt,
           sum(preselfpay)::bigint AS preselfpay, sum(inscp)::bigint AS inscp,
           string_agg(format('{"feedetl_sn":"%s","chrgitm_lv":"%s","amounts_fen":[%s,%s,%s,%s]}',
                             sn, lv, fulamt, overlmt, preselfpay, inscp), ',' ORDER BY line_no) AS lines
      INTO split FROM part;

    v_dedc := least(CASE WHEN years.admissions > 0
                         THEN half_up(terms.deductible_fen * package.repeat_factor_1e6)
                         ELSE terms.deductible_fen END, split.inscp);
    v_hifp := half_up(inside(v_dedc, split.inscp, 0, terms.band_end_fen) * terms.first_1e6
                      + inside(v_dedc, split.inscp, terms.band_end_fen, split.inscp) * terms.second_1e6);
    IF package.refused_over_limit THEN
      IF years.pool_paid + v_hifp > package.pool_limit_fen THEN
        v_refusal := 'POLICY_INCOMPLETE';
        DELETE FROM settlement_line WHERE setl_id = v_setl;
      END IF;
    ELSE
      v_hifp := least(v_hifp, greatest(package.pool_limit_fen - years.pool_paid, 0));
    END IF;
  END IF;

  IF v_refusal IS NOT NULL THEN
    v_reply := format('{"outcome":"%s"}', v_refusal);
    INSERT INTO message VALUES (c.fixmedins_code, p_msgid, c.body_hash, NULL, v_reply);
    RETURN v_reply;
  END IF;

  v_own_scope := split.inscp - v_hifp;
  v_hifmi := half_up(
    inside(years.own_scope_year, years.own_scope_year + v_own_scope, aid.hifmi_start_fen, aid.hifmi_step_fen)
      * aid.hifmi_first_1e6
    + inside(years.own_scope_year, years.own_scope_year + v_own_scope, aid.hifmi_step_fen, 9000000000000)
      * aid.hifmi_second_1e6);
  IF aid.hifmi_limit_fen IS NOT NULL THEN
    v_hifmi := least(v_hifmi, greatest(aid.hifmi_limit_fen - years.hifmi_paid, 0));
  END IF;
  v_maf_dedc := least(greatest(aid.maf_dedc_fen - years.maf_dedc_year, 0), v_own_scope - v_hifmi);
  v_maf := half_up((v_own_scope - v_hifmi - v_maf_dedc) * aid.maf_1e6);
  v_part := split.medfee - v_hifp - v_hifmi - v_maf;
  IF package.account_pays AND c.acct_used AND money.psn_no IS NOT NULL THEN
    v_due := v_part - split.fulamt;
    v_current := least(v_due, money.current_fen);
    v_past := least(v_due - v_current, money.past_fen);
  END IF;

  INSERT INTO accumulator AS a VALUES
    (c.psn_no, c.insutype, v_year, v_hifp, v_own_scope, v_hifmi, v_maf_dedc, 1, 1)
    ON CONFLICT (psn_no, insutype, period) DO UPDATE SET
      pool_paid = a.pool_paid + excluded.pool_paid,
      own_scope_year = a.own_scope_year + excluded.own_scope_year,
      hifmi_paid = a.hifmi_paid + excluded.hifmi_paid,
      maf_dedc_year = a.maf_dedc_year + excluded.maf_dedc_year,
      admissions = a.admissions + 1,
      version = a.version + 1;
  IF v_current + v_past > 0 THEN
    UPDATE account SET current_fen = current_fen - v_current, past_fen = past_fen - v_past
      WHERE psn_no = c.psn_no;
  END IF;
  INSERT INTO settlement VALUES
    (v_setl, c.fixmedins_code, c.psn_no, c.insutype, package.id, c.mdtrt_id, c.begndate, c.enddate,
     clock_timestamp(), split.medfee, split.fulamt, split.overlmt, split.preselfpay, split.inscp, v_dedc,
     v_hifp, v_hifmi, v_maf, v_part, v_current + v_past, v_part - v_current - v_past);
  INSERT INTO journal
    SELECT v_setl, leg, entry.account, debit, credit
    FROM (VALUES
      (1::smallint, 'HIFP', v_hifp, 0::bigint),
      (2::smallint, 'HIFMI', v_hifmi, 0),
      (3::smallint, 'MAF', v_maf, 0),
      (4::smallint, 'ACCT:' || c.psn_no, v_current + v_past, 0),
      (5::smallint, 'PAYABLE:' || c.fixmedins_code, 0, v_hifp + v_hifmi + v_maf + v_current + v_past)
    ) AS entry (leg, account, debit, credit)
    WHERE debit + credit > 0;
  v_reply := format(
    '{"outcome":"SETTLED","setl_id":"%s","psn_no":"%s","medins_setl_id":"%s","setl_time":"%s",'
    '"amounts_fen":[%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s],"balc_before_fen":%s,"balc_fen":%s,"version":%s,"line":[%s]}',
    v_setl, c.psn_no, p_msgid, clock_timestamp(), split.medfee, split.fulamt, split.overlmt, split.preselfpay,
    split.inscp, v_dedc, v_hifp, v_hifmi, v_maf, v_part, v_current + v_past,
    coalesce(money.current_fen + money.past_fen, 0),
    coalesce(money.current_fen + money.past_fen, 0) - v_current - v_past, years.version + 1, split.lines);
  INSERT INTO message VALUES (c.fixmedins_code, p_msgid, c.body_hash, v_setl, v_reply);
  RETURN v_reply;
END
$$;

-- Settles every claim the engine has settled, in the same order, and fails at the first that comes
-- out otherwise; retries some. Gives how many there were. For a transaction that is rolled back.
CREATE FUNCTION check_claims() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  c claim;
  v_reply jsonb;
  v_amounts bigint[];
  v_lines bigint[];
  v_count bigint := 0;
BEGIN
  FOR c IN SELECT * FROM claim WHERE checked ORDER BY id LOOP
    v_reply := settle(c.id, 'CHECK' || c.id);
    IF v_reply ->> 'outcome' <> c.expected_outcome THEN
      RAISE EXCEPTION 'claim %: the engine says %, here it comes to %', c.id, c.expected_outcome, v_reply;
    END IF;
    IF c.expected_outcome = 'SETTLED' THEN
      SELECT array_agg(value::bigint ORDER BY n) INTO v_amounts
        FROM jsonb_array_elements_text(v_reply -> 'amounts_fen') WITH ORDINALITY AS e (value, n);
      v_amounts := v_amounts || (v_reply ->> 'balc_fen')::bigint;
      SELECT array_agg(value::bigint ORDER BY n, m) INTO v_lines
        FROM jsonb_array_elements(v_reply -> 'line') WITH ORDINALITY AS l (line, n),
             jsonb_array_elements_text(line -> 'amounts_fen') WITH ORDINALITY AS e (value, m);
      IF v_amounts <> c.expected_amounts OR v_lines <> c.expected_lines THEN
        RAISE EXCEPTION 'claim %: the engine decided % %, here it comes to % %', c.id,
          c.expected_amounts, c.expected_lines, v_amounts, v_lines;
      END IF;
    END IF;
    IF c.id % 10 = 0 AND v_reply <> settle(c.id, 'CHECK' || c.id)::jsonb THEN
      RAISE EXCEPTION 'claim %: a retry was answered otherwise', c.id;
    END IF;
    v_count := v_count + 1;
  END LOOP;
  PERFORM check_books(v_count);
  RETURN v_count;
END
$$;

-- Fails unless as many messages were answered as `p_answered` says, each that was not refused has
-- one settlement with its lines, and debits are credits.
CREATE FUNCTION check_books(p_answered bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_messages bigint := (SELECT count(*) FROM message);
  v_settled bigint := (SELECT count(*) FROM message WHERE setl_id IS NOT NULL);
  v_settlements bigint := (SELECT count(*) FROM settlement);
  v_lines bigint := (SELECT sum(l.amount) FROM settlement_line l JOIN settlement USING (setl_id));
  v_medfee bigint := (SELECT sum(medfee_sumamt) FROM settlement);
  v_open bigint := (SELECT coalesce(sum(debit - credit), 0) FROM journal);
BEGIN
  IF v_messages <> p_answered OR v_settlements <> v_settled OR v_lines <> v_medfee OR v_open <> 0 THEN
    RAISE EXCEPTION '% messages answered, % stored; % settled, % settlements; bills of % fen, lines of %; debits less credits %',
      p_answered, v_messages, v_settled, v_settlements, v_medfee, v_lines, v_open;
  END IF;
END
$$;
