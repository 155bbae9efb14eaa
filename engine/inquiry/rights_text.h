#ifndef YIJIE_ENGINE_INQUIRY_RIGHTS_TEXT_H_
#define YIJIE_ENGINE_INQUIRY_RIGHTS_TEXT_H_

// The yearly statement as a page in Chinese, for WriteText and WriteHtml.

#include "engine/policy_text/document.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

Document RightsDocument(const v1::RightsStatement& statement);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_RIGHTS_TEXT_H_
