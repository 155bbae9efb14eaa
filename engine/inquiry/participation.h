#ifndef YIJIE_ENGINE_INQUIRY_PARTICIPATION_H_
#define YIJIE_ENGINE_INQUIRY_PARTICIPATION_H_

// Participation of a person (参保信息), from facts: coverage as back-pay restores it
// (engine/arrears.h). Pure.

#include <google/protobuf/repeated_field.h>

#include "base/date.h"
#include "engine/area/area_book.h"
#include "engine/person.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

v1::GetParticipationResponse ParticipationOn(const AreaBook& areas, const Person& person, Date day);

// By month and scheme, from January of `year` to the month of `through`, a day of the year.
google::protobuf::RepeatedPtrField<v1::ParticipationMonth> ParticipationByMonth(
    const AreaBook& areas, const v1::PersonFacts& facts, int year, Date through);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_PARTICIPATION_H_
