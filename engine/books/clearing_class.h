#ifndef YIJIE_ENGINE_BOOKS_CLEARING_CLASS_H_
#define YIJIE_ENGINE_BOOKS_CLEARING_CLASS_H_

#include "absl/strings/string_view.h"

namespace yijie::engine {

// Clearing class (清算类别, clr_type) of a benefit kind (医疗类别, med_type) for a person insured
// in `insured_admdvs`, in the book of an institution in `care_admdvs`.
//
// The two-digit codes are those of the national dictionary (11, 12, 13, 14, 15, 18, 21, 22, 27, 28,
// 41, 53, 99). Longer codes are local, and only Hunan's are published: an institution of Hunan
// clears persons from elsewhere apart (9909, 9975, 9974, 9987, 99963, 99968). In-patient maternity
// has no national class; 99940 生育住院 of Hunan's dictionary stands for it everywhere. Work injury
// is a scheme (insutype) and needs no class of its own. A kind without a class is 99 其他.
absl::string_view ClearingClass(absl::string_view med_type, absl::string_view insured_admdvs,
                                absl::string_view care_admdvs);

// In words, Chinese only; "" for a class that has no words here.
absl::string_view ClearingClassWords(absl::string_view clr_type);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_CLEARING_CLASS_H_
