# Writes a source file with a function that returns the bytes of a text file:
# cmake -DFROM= -DTO= -DNAMESPACE= -DFUNCTION= -DHEADER= -P embed.cmake
# In pieces of whole lines: compilers need not take string literals above 64 KiB, nor half a character.
file(READ ${FROM} rest)
set(pieces "")
string(LENGTH "${rest}" length)
while(length GREATER 0)
  string(SUBSTRING "${rest}" 0 8000 piece)
  string(FIND "${piece}" "\n" end REVERSE)
  math(EXPR end "${end} + 1")
  string(SUBSTRING "${rest}" 0 ${end} piece)
  string(SUBSTRING "${rest}" ${end} -1 rest)
  string(LENGTH "${rest}" length)
  string(APPEND pieces "R\"embedded(${piece})embedded\",\n")
endwhile()
file(WRITE ${TO} "#include <array>\n#include <string>\n\n#include \"${HEADER}\"\n\nnamespace postrider::${NAMESPACE} {\n\n\
std::string_view ${FUNCTION}() {\n  static const std::string text = [] {\n    std::string whole;\n\
    for (const std::string_view piece : std::to_array<std::string_view>({\n${pieces}})) {\n      whole += piece;\n    }\n\
    return whole;\n  }();\n  return text;\n}\n\n}  // namespace postrider::${NAMESPACE}\n")
