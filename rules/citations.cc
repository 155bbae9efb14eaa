#include "rules/citations.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "rules/text_file.h"

namespace yijie::rules {
namespace {

constexpr std::array<absl::string_view, 5> kGrades = {"A", "B", "C", "D", "SAMPLE"};

}  // namespace

void Citations::AddSources(const google::protobuf::RepeatedPtrField<yijie::v1::Source>& sources,
                           const Place& place, Defects& defects) {
  for (int i = 0; i < sources.size(); ++i) {
    const yijie::v1::Source& source = sources.Get(i);
    const Place at = place.Child(source, "source", i);
    if (!IsName(source.id())) defects.Add(at, "id", -1, "must be set, of a-z 0-9 - _");
    if (source.title().empty()) defects.Add(at, "title", -1, "must be set");
    if (std::find(kGrades.begin(), kGrades.end(), source.grade()) == kGrades.end())
      defects.Add(at, "grade", -1, "one of A, B, C, D, SAMPLE");
    if (!grades_.emplace(source.id(), source.grade()).second)
      defects.Add(at, "id", -1, absl::StrCat("source \"", source.id(), "\" is there twice"));
  }
}

std::string Citations::GradeOf(absl::string_view cite, const Place& place, int index,
                               Defects& defects) {
  const absl::string_view source = cite.substr(0, cite.find(' '));
  const auto grade = grades_.find(source);
  if (grade == grades_.end()) {
    defects.Add(place, "cite", index, absl::StrCat("\"", source, "\" is not the id of a source"));
    return "";
  }
  weak_grade_cited_ = weak_grade_cited_ || (grade->second != "A" && grade->second != "B");
  return grade->second;
}

void Citations::CheckSampleData(bool sample_data, const Place& place, Defects& defects) const {
  if (!weak_grade_cited_ || sample_data) return;
  defects.Add(place, "sample_data", -1,
              "a cited source is graded below B, so the file must say sample_data: true");
}

}  // namespace yijie::rules
