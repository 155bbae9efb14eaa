#ifndef YIJIE_RULES_CITATIONS_H_
#define YIJIE_RULES_CITATIONS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/place.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

// The sources of one file and what it cites of them: "s1 第七条" is source s1, clause 第七条.
class Citations {
 public:
  // Takes field `source` of the message at `place` and checks it.
  void AddSources(const google::protobuf::RepeatedPtrField<yijie::v1::Source>& sources,
                  const Place& place, Defects& defects);

  // Grade of the source that a citation names. Empty, with a defect of field `cite`, if there is no
  // such source.
  std::string GradeOf(absl::string_view cite, const Place& place, int index, Defects& defects);

  // Adds a defect if a source graded below B was cited and the file does not say `sample_data`.
  void CheckSampleData(bool sample_data, const Place& place, Defects& defects) const;

 private:
  absl::flat_hash_map<std::string, std::string> grades_;  // by source id
  bool weak_grade_cited_ = false;
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_CITATIONS_H_
