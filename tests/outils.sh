# Les outils des tests qui ne viennent pas de pip : un navigateur, les lecteurs de PDF, LibreOffice,
# Java, que demande le vérificateur HTML, et une horloge que l'on dérègle.
set -e
manque=""
command -v chromium >/dev/null 2>&1 || manque="$manque chromium"
command -v pdftoppm >/dev/null 2>&1 || manque="$manque poppler-utils"
command -v soffice >/dev/null 2>&1 || manque="$manque libreoffice-writer-nogui libreoffice-calc-nogui"
command -v java >/dev/null 2>&1 || manque="$manque default-jre-headless"
command -v faketime >/dev/null 2>&1 || manque="$manque faketime"
command -v cc >/dev/null 2>&1 || manque="$manque gcc libc6-dev"
[ -z "$manque" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $manque >/dev/null
else
  echo "Il manque, pour les tests :$manque. Les installer (Debian : apt-get install$manque)." >&2
  exit 1
fi
