#ifndef YIJIE_TESTS_CAMPAIGN_COMPARE_H_
#define YIJIE_TESTS_CAMPAIGN_COMPARE_H_

#include <string>

#include "tests/campaign/model.h"

namespace yijie::campaign {

// Empty, or the field in which a reply of the engine is another than the model's. Texts for people
// are only there or not; of an explanation the name of the package is compared, of cards not the
// masked number. Ids that the engine gives for the first time are kept in `person`, who may be
// nullptr.
std::string Difference(const Message& expected, const Message& actual, const Now& now,
                       Person* person);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_COMPARE_H_
