#ifndef YIJIE_ENGINE_SAMPLE_GENERATE_H_
#define YIJIE_ENGINE_SAMPLE_GENERATE_H_

// Generated sample data in the formats of `yijie load`: invented institutions, items, persons and
// credits, for benchmarks, demonstrations and tests. Names, codes and numbers are made up and say
// so ("示例", SAMPLE, region 999999). The same seed gives the same bytes on every machine.

#include <cstdint>
#include <ostream>
#include <string>

namespace yijie::engine {

// Codes do not depend on the seed, so that a client can name what exists. `index` counts from 0.
std::string SampleInstitutionCode(int64_t index);
std::string SampleItemCode(int64_t index);
std::string SamplePersonNumber(int64_t index);

// Employees have a personal account; the others are residents. Depends on the seed.
bool IsSampleEmployee(int64_t index, uint64_t seed);

// Each writes a file for the first `count` of its kind.
void WriteInstitutions(int64_t count, uint64_t seed, std::ostream& out);
// `count` items; some have a second row with other terms for residents.
void WriteCatalogue(int64_t count, uint64_t seed, std::ostream& out);
void WritePersons(int64_t count, uint64_t seed, std::ostream& out);
// `count` persons from index `first` on, as WritePersons writes them among all.
void WritePersonRange(int64_t first, int64_t count, uint64_t seed, std::ostream& out);
// Two credits for every employee among the first `count` persons of WritePersons with this seed.
void WriteAccounts(int64_t count, uint64_t seed, std::ostream& out);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SAMPLE_GENERATE_H_
