from django.apps import AppConfig


class Peers(AppConfig):
    name, label = "bench.peers", "peers"
