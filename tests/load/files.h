#ifndef YIJIE_TESTS_LOAD_FILES_H_
#define YIJIE_TESTS_LOAD_FILES_H_

// Small files to load.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/load/load.h"
#include "storage/store.h"

namespace yijie::engine {

inline constexpr absl::string_view kPersonHeader =
    "psn_no,psn_name,psn_cert_type,certno,gend,brdy,cvlserv_flag,insutype,psn_type,"
    "insuplc_admdvs,begndate,enddate,psn_insu_stas,assistance,assistance_begndate,injury_no,"
    "injury_date\n";
// Two persons; the first has two coverages. Card numbers of the region 999999, which is none.
inline constexpr absl::string_view kPersonA =
    "P1,Jia,01,999999197001010017,1,1970-01-01,0,310,11,410199,2020-01-01,,1,,,INJ1,2026-02-03\n";
inline constexpr absl::string_view kPersonB =
    "P2,Yi,02,ARMY-7,2,1980-02-29,1,390,15,411699,2020-01-01,2026-12-31,1,DIBAO,2024-05-01,,\n";
inline constexpr absl::string_view kPersonA2 =
    "P1,Jia,01,999999197001010017,1,1970-01-01,0,510,11,410199,2020-01-01,,1,,,,\n";

// A person with every column of a person file.
inline constexpr absl::string_view kFullPersonHeader =
    "psn_no,psn_name,psn_cert_type,certno,gend,brdy,cvlserv_flag,insutype,psn_type,"
    "insuplc_admdvs,begndate,enddate,psn_insu_stas,assistance,assistance_begndate,injury_no,"
    "injury_date,paid_on,premium_tier,contribution_rate,missed_years,repaired_years,retire_date,"
    "work_date,right,right_begndate,right_enddate,death_date,pay_order_on,repaid_on,"
    "flexible_employment\n";
inline constexpr absl::string_view kFullPerson =
    "P1,Jia,01,999999197001010017,1,1970-01-01,0,310,12,410199,2020-01-01,,1,,,,,2019-12-30,2,6.5%,"
    "4,3,2025-06-30,1990-07-01,CHRONIC_CLASS_1,2024-03-01,2026-12-31,2026-10-01,,,1\n";

inline constexpr absl::string_view kInstitutionHeader =
    "fixmedins_code,fixmedins_name,kind,admdvs,hosp_lv,hosp_grade,hosp_place,price_class,begndate,"
    "enddate\n";
inline constexpr absl::string_view kHospital =
    "H41010000001,Sample hospital,HOSPITAL,410199,LEVEL_3,GRADE_A,CITY,,2020-01-01,\n";

inline constexpr absl::string_view kCatalogueHeader =
    "med_list_codg,name,kind,chrgitm_lv,selfpay_prop,pric_uplmt,insutype,admdvs,begndate,enddate\n";
inline constexpr absl::string_view kDrug = "X1,Sample drug,DRUG,02,10%,12.5,,,2020-01-01,\n";

inline constexpr absl::string_view kAccountHeader =
    "voucher_no,agency,psn_no,sub_account,amount,memo\n";
inline constexpr absl::string_view kCredit = "V1,AG1,P1,CURRENT_YEAR,100.50,May\n";

inline std::string Persons() { return absl::StrCat(kPersonHeader, kPersonA, kPersonB, kPersonA2); }

// 2026-11-21 08:00 in UTC+8.
inline constexpr int64_t kNow = 1795219200000;

// Loads a file named "dir/test.csv".
inline absl::StatusOr<LoadResult> Load(LoadKind kind, absl::string_view text, storage::Store& store,
                                       int64_t now_unix_ms = kNow) {
  return LoadFile(kind, MakeInputFile("dir/test.csv", std::string(text)), store, now_unix_ms,
                  [](int64_t, int64_t) {});
}

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_LOAD_FILES_H_
