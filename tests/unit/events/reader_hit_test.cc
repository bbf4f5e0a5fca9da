#include "events/reader_hit.h"

#include <gtest/gtest.h>
#include <vector>

namespace postrider::events {
namespace {

Event hit(std::uint64_t sequence, Type type, const char* machine) {
  Event event;
  event.sequence = sequence;
  event.type = type;
  event.machine = machine;
  return event;
}

Event seen_differently(std::uint64_t about, const char* machine) {
  Event event = hit(about + 100, Type::reassessed, machine);
  event.about_event = about;
  return event;
}

TEST(ReaderHit, CountsAsItWasSeenLast) {
  std::vector<Event> story{hit(1, Type::delivered, ""), hit(2, Type::clicked, "")};
  EXPECT_TRUE(has_hit_of_a_person(story, Type::clicked));
  EXPECT_FALSE(has_hit_of_a_person(story, Type::opened));
  story.push_back(seen_differently(2, "scanner"));
  EXPECT_FALSE(has_hit_of_a_person(story, Type::clicked));
  story.push_back(hit(3, Type::clicked, "scanner"));
  EXPECT_FALSE(has_hit_of_a_person(story, Type::clicked));
  story.push_back(hit(4, Type::clicked, "proxy"));
  EXPECT_TRUE(has_hit_of_a_person(story, Type::clicked)) << "it fetches for somebody";
  story.push_back(seen_differently(4, "prefetch"));
  story.push_back(seen_differently(3, "none"));
  EXPECT_TRUE(has_hit_of_a_person(story, Type::clicked));
}

}  // namespace
}  // namespace postrider::events
