#ifndef YIJIE_ENGINE_CROSS_CROSS_ENVELOPE_H_
#define YIJIE_ENGINE_CROSS_CROSS_ENVELOPE_H_

#include <string>

#include <google/protobuf/message.h>

#include "engine/job.h"

namespace yijie::engine {

// What every message of CrossService says on its outside.
struct CrossEnvelope {
  std::string admdvs;          // area of the place of care that sends
  std::string insuplc_admdvs;  // insured area: where it goes
  std::string resv_id;         // empty in an Evaluate: nothing is reserved
  std::string insutype;        // scheme of the bill: which gateway carries it
  std::string orig_resv_id;    // of an undo: the settlement to undo
};

// `request` is of `call`, a call of CrossService.
CrossEnvelope EnvelopeOf(Call call, const google::protobuf::Message& request);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_ENVELOPE_H_
