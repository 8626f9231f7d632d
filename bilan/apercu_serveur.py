"""Le petit serveur de l'aperçu : il ne répond qu'à cette machine, et prévient la page.

Chaque page HTML reçoit le script de l'aperçu (report/apercu.js), qui écoute un flux d'événements.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bilan.erreurs import ErreurBilan

ADRESSE = "127.0.0.1"
SCRIPT = "/_apercu/apercu.js"
SUIVI = "/_apercu/suivi"
# Le début de la politique des pages publiées, qui ne joignent personne ; l'aperçu suit son flux.
RIEN = "default-src 'none'"
# Secondes entre deux signes de vie, pour s'apercevoir qu'une page est fermée.
BATTEMENT = 15.0


@dataclass(frozen=True)
class Etat:
    """Ce que la page doit savoir : combien de fois le site a été refait, ce qui ne va pas."""

    numero: int = 0
    en_cours: bool = False
    fautes: list[str] = field(default_factory=list)


class Serveur(ThreadingHTTPServer):
    """Sert le dernier site fait (`dossier`) ; `dire` prévient les pages ouvertes."""

    daemon_threads = True

    def __init__(self, dossier: Path, script: Path, port: int = 0):
        try:
            super().__init__((ADRESSE, port), _Reponse)
        except OSError as erreur:
            raise ErreurBilan(f"Le port {port} ne peut pas servir ({erreur.strerror}). "
                              "En donner un autre : --port 8001.") from None
        self.dossier, self.script = dossier, script
        # La dernière page demandée, et toutes celles qui l'ont été depuis qu'on l'a vidé.
        self.vue, self.vues = "", set()
        self.etat = Etat()
        self._change = threading.Condition()

    @property
    def adresse(self) -> str:
        return f"http://{ADRESSE}:{self.server_port}/"

    def dire(self, etat: Etat) -> None:
        """Le nouvel état, à toutes les pages ouvertes."""
        with self._change:
            self.etat = etat
            self._change.notify_all()

    def attendre(self, vu: Etat | None) -> Etat:
        """L'état dès qu'il n'est plus celui qu'on a vu, ou au bout d'un battement."""
        with self._change:
            self._change.wait_for(lambda: self.etat is not vu, BATTEMENT)
            return self.etat


class _Reponse(SimpleHTTPRequestHandler):
    """Une requête : un fichier du site, le script de l'aperçu, ou le flux d'événements."""

    server: Serveur

    def __init__(self, requete, client, serveur: Serveur):
        super().__init__(requete, client, serveur, directory=str(serveur.dossier))

    def do_GET(self) -> None:
        # Une page d'ailleurs qui ferait passer son nom pour cette machine n'obtient rien.
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in (ADRESSE, "localhost"):
            self.send_error(403)
        elif self.path == SUIVI:
            self._suivre()
        elif self.path == SCRIPT:
            self._envoyer(self.server.script.read_bytes(), "text/javascript; charset=utf-8")
        else:
            self._fichier()

    def _fichier(self) -> None:
        chemin = Path(self.translate_path(self.path))
        if chemin.is_dir():
            chemin /= "index.html"
        if chemin.suffix != ".html" or not chemin.is_file():
            super().do_GET()
            return
        self.server.vue = chemin.stem
        self.server.vues.add(chemin.stem)
        page = chemin.read_text("utf-8").replace(RIEN, f"{RIEN}; connect-src 'self'", 1)
        balise = f'<script src="{SCRIPT}"></script>'
        self._envoyer(page.replace("</head>", f"{balise}</head>", 1).encode(),
                      "text/html; charset=utf-8")

    def _envoyer(self, octets: bytes, genre: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", genre)
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(octets)

    def _suivre(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        vu = None
        try:
            while True:
                vu = self.server.attendre(vu)
                message = json.dumps(asdict(vu), ensure_ascii=False)
                self.wfile.write(f"data: {message}\n\n".encode())
                self.wfile.flush()
        except OSError:  # la page est fermée
            self.close_connection = True

    def log_message(self, format: str, *arguments) -> None:
        """Rien : le terminal dit ce qui est refait, pas ce qui est lu."""
