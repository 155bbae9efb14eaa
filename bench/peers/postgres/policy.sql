-- The rows of rules/tables/henan/henan-zhoukou-resident-inpatient-2022.policy and
-- henan-zhengzhou-employee-inpatient.policy (sample data, see there) for stays in the insured area.

INSERT INTO policy_package VALUES
  ('henan-zhoukou-resident-inpatient-2022', '411699', '390', '21', '2022-05-01', 15, 15000000, false, 1000000, false),
  ('henan-zhengzhou-employee-inpatient', '410199', '310', '21', '2022-07-01', 0, 15000000, true, 500000, true);

INSERT INTO policy_terms
SELECT 'henan-zhoukou-resident-inpatient-2022', place, level, '', yuan * 100, band_end * 100, first, second
FROM (VALUES
  ('TOWNSHIP', '{PRIMARY,LEVEL_1,LEVEL_2,LEVEL_3,LEVEL_NONE}'::text[], 200, 800, 700000, 900000),
  ('COUNTY', '{PRIMARY,LEVEL_1,LEVEL_2}', 400, 1500, 630000, 830000),
  ('CITY', '{PRIMARY,LEVEL_1,LEVEL_2}', 500, 3000, 550000, 750000),
  ('CITY', '{LEVEL_3}', 900, 4000, 530000, 720000),
  ('PROVINCE', '{PRIMARY,LEVEL_1,LEVEL_2}', 600, 4000, 530000, 720000),
  ('PROVINCE', '{LEVEL_3}', 1500, 7000, 500000, 680000)
) AS row (place, levels, yuan, band_end, first, second), unnest(levels) AS level;

-- Flat ratios: the first band is empty.
INSERT INTO policy_terms
SELECT 'henan-zhengzhou-employee-inpatient', place, level, psn_group, yuan * 100, 0, 0, ratio
FROM (VALUES
  ('PRIMARY', '11', 200, 950000), ('LEVEL_1', '11', 300, 950000),
  ('LEVEL_2', '11', 600, 900000), ('LEVEL_3', '11', 900, 880000),
  ('PRIMARY', '12', 200, 970000), ('LEVEL_1', '12', 300, 970000),
  ('LEVEL_2', '12', 600, 950000), ('LEVEL_3', '12', 900, 930000)
) AS row (level, psn_group, yuan, ratio),
unnest('{PLACE_NONE,VILLAGE,TOWNSHIP,COUNTY,CITY,PROVINCE}'::text[]) AS place;

INSERT INTO policy_assistance VALUES
  ('henan-zhoukou-resident-inpatient-2022', 'ASSISTANCE_NONE', 1100000, 10000000, 600000, 700000, 40000000, 0, 0),
  ('henan-zhoukou-resident-inpatient-2022', 'TEKUN', 550000, 10000000, 650000, 750000, NULL, 0, 900000),
  ('henan-zhoukou-resident-inpatient-2022', 'DIBAO', 550000, 10000000, 650000, 750000, NULL, 0, 700000),
  ('henan-zhoukou-resident-inpatient-2022', 'FANPIN', 550000, 10000000, 650000, 750000, NULL, 0, 700000),
  ('henan-zhoukou-resident-inpatient-2022', 'DIBAO_MARGIN', 1100000, 10000000, 600000, 700000, 40000000, 210000, 650000),
  ('henan-zhoukou-resident-inpatient-2022', 'MONITORED', 1100000, 10000000, 600000, 700000, 40000000, 210000, 650000),
  ('henan-zhoukou-resident-inpatient-2022', 'POOR_BY_ILLNESS', 1100000, 10000000, 600000, 700000, 40000000, 520000, 650000);

INSERT INTO policy_assistance
SELECT 'henan-zhengzhou-employee-inpatient', assistance, 0, 0, 0, 0, NULL, 0, 0
FROM policy_assistance WHERE package = 'henan-zhoukou-resident-inpatient-2022';
