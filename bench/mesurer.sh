#!/usr/bin/env bash
# Mesure l'exécution des dix carnets, à l'ordinaire et par la chaîne, puis la construction entière.
# Usage : bench/mesurer.sh [RÉPÉTITIONS]   (5 par défaut ; demande hyperfine, paquet Debian)
set -euo pipefail
cd "$(dirname "$0")/.."
fois=${1:-5}
sortie=build/bench
mkdir -p "$sortie/boucle" "$sortie/xargs"
export PATH="$PWD/.venv/bin:$PATH"

python -m bench.carnets > "$sortie/carnets.txt"
papermill="papermill --cwd notebooks"
boucle="while read -r nom carnet options; do
  $papermill \$carnet $sortie/boucle/\$nom.ipynb \$options; done < $sortie/carnets.txt"
parallele="xargs -P2 -L1 sh -c 'nom=\$0; carnet=\$1; shift
  $papermill \$carnet $sortie/xargs/\$nom.ipynb \$@' < $sortie/carnets.txt"

hyperfine --shell bash --runs "$fois" --export-json "$sortie/execution.json" \
  --command-name "papermill, en boucle" "$boucle > /dev/null 2>&1" \
  --command-name "papermill, xargs -P2" "$parallele > /dev/null 2>&1" \
  --command-name "bilan notebooks" "python -m bilan notebooks --forcer > /dev/null"
hyperfine --shell bash --runs "$fois" --export-json "$sortie/construction.json" \
  --command-name "bilan construire, de rien" --prepare "rm -rf build/travail/*/reserve build/travail/*/lectures" \
  "python -m bilan construire --forcer > /dev/null" \
  --command-name "bilan construire, rien n'a changé" --prepare "python -m bilan construire > /dev/null" \
  "python -m bilan construire > /dev/null"
python -m bench.contenus "$sortie"
python -m bench.tableau "$sortie"
python -m bench.assemblage "$fois"
