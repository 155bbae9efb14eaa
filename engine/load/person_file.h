#ifndef YIJIE_ENGINE_LOAD_PERSON_FILE_H_
#define YIJIE_ENGINE_LOAD_PERSON_FILE_H_

// Persons as CSV: one row for a person and a coverage.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// Help text: the columns and what they take.
extern const absl::string_view kPersonColumnsHelp;

// The persons of a file in the order of their first rows, each with its coverages ordered by scheme
// and first day. Registrations, suspensions and mothers are not part of the file; a fact whose
// column it leaves out is empty. `today` bounds birthdays and deaths. What is returned is complete
// only if there are no errors.
//
// Each person is packed, as the bytes of its message: in memory a message is ten times as long.
std::vector<std::string> ParsePersons(const InputFile& file, Date today, RowErrors& errors);
v1::PersonFacts UnpackPerson(const std::string& packed);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_PERSON_FILE_H_
