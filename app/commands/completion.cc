// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

/// "zone:create list show …" for every noun.
std::string verbs_of(const CLI::App& noun) {
  std::string text;
  for (const CLI::App* verb : noun.get_subcommands({}))
    text += (text.empty() ? "" : " ") + verb->get_name();
  return text;
}

std::string bash(const CLI::App& root, const std::string& nouns) {
  std::string text = "_waymark() {\n  local word=${COMP_WORDS[COMP_CWORD]} words=\"" + nouns +
                     "\"\n  if [ \"$COMP_CWORD\" -gt 1 ]; then\n    case ${COMP_WORDS[1]} in\n";
  for (const CLI::App* noun : root.get_subcommands({}))
    if (const std::string verbs = verbs_of(*noun); !verbs.empty())
      text += "      " + noun->get_name() + ") words=\"" + verbs + "\" ;;\n";
  text +=
      "      *) words= ;;\n    esac\n  fi\n  if [ \"$COMP_CWORD\" -gt 2 ] || [ -z \"$words\" ]; "
      "then COMPREPLY=($(compgen -f -- \"$word\")); else COMPREPLY=($(compgen -W \"$words\" -- "
      "\"$word\")); fi\n}\n";
  return text + "complete -F _waymark waymark\n";
}

std::string fish(const CLI::App& root, const std::string& nouns) {
  std::string text = "complete -c waymark -n __fish_use_subcommand -f -a '" + nouns + "'\n";
  for (const CLI::App* noun : root.get_subcommands({}))
    if (const std::string verbs = verbs_of(*noun); !verbs.empty())
      text += "complete -c waymark -n '__fish_seen_subcommand_from " + noun->get_name() +
              "' -f -a '" + verbs + "'\n";
  return text;
}

}  // namespace

void add_completion(CLI::App& app, Verbs& verbs) {
  auto shell = std::make_shared<std::string>();
  CLI::App* noun =
      app.add_subcommand("completion", "words for a shell: source <(waymark completion bash)");
  noun->add_option("SHELL", *shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  noun->callback([&app, &verbs, shell] {
    verbs.action = [&app, shell] {
      std::string nouns = "serve check";
      for (const CLI::App* one : app.get_subcommands({}))
        nouns += " " + one->get_name();
      if (*shell == "fish")
        std::cout << fish(app, nouns);
      else
        std::cout << (*shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "")
                  << bash(app, nouns);
      return exit_ok;
    };
  });
}

}  // namespace waymark::app
