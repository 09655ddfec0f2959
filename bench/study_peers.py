"""The desktop runtimes of a study: made and tried once, left out where they fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from bench.config import StudyConfig
from bench.peer_settings import PEERS, PeerSetting
from bench.peers import make_peers
from bench.peers_config import PeersConfig
from bench.subject import runtime_version


def peer_runtimes(config: StudyConfig) -> list[str]:
    """The runtimes of the study's peers, each once."""
    return list(dict.fromkeys(PEERS[name].runtime for name in config.scale.peers))


def peers_config(config: StudyConfig, names: Sequence[str], tokens: int) -> PeersConfig:
    """What makes and tries these peers for a study; ValueError for one unknown or not installed."""
    wanted = PeersConfig(
        peers=tuple(names),
        tokens=(tokens,),
        stock_tokens=(tokens,),
        files=config.runs / "peers",
        out=config.runs / "peers" / "tried",
    )
    for name in names:
        try:
            runtime_version(PEERS[name].runtime)
        except PackageNotFoundError as error:
            raise ValueError(
                f"{name} needs {error.name}; pip install 'distilbert-mobile[peers]', or name "
                "other --peers"
            ) from None
    return wanted


@dataclass
class StudyPeers:
    """Peers of a study; each is tried once a checkpoint and length, whatever the thread counts."""

    config: StudyConfig
    tried: dict[tuple[Path, str, int], list[PeerSetting]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def settings(
        self,
        checkpoints: Sequence[Path],
        runtime: str,
        threads: int,
        tokens: int,
        say: Callable[[str], None],
    ) -> list[PeerSetting]:
        """Every checkpoint in every precision that `runtime` gets right."""
        settings = []
        for checkpoint in checkpoints:
            key = checkpoint, runtime, tokens
            if key not in self.tried:
                self.tried[key] = self._try(*key, say)
            settings += [setting.with_threads(threads) for setting in self.tried[key]]
        return settings

    def _try(
        self, checkpoint: Path, runtime: str, tokens: int, say: Callable[[str], None]
    ) -> list[PeerSetting]:
        names = [name for name in self.config.scale.peers if PEERS[name].runtime == runtime]
        wanted = peers_config(self.config, names, tokens)
        wanted.out.mkdir(parents=True, exist_ok=True)
        found, refused = make_peers(
            wanted, checkpoint.resolve(), tokens, lambda text, done, total: say(text)
        )
        for one in refused:
            self.left_out.append(f"{one.model}, {one.peer}, {tokens} tokens: {one.said}")
            say(f"left out: {self.left_out[-1]}")
        return found
