"""Makes threadpoolctl's limits hold for fastlc's threads, if threadpoolctl is installed.

scikit-learn, joblib and Dask use it to keep nested parallelism from using more threads than there are processors.
"""

from __future__ import annotations

from ._version import __version__

try:
    from threadpoolctl import LibController, register
except ImportError:  # or older than 3.2, which knows no other libraries than its own
    pass
else:

    class FastlcController(LibController):  # type: ignore[misc]
        """Finds the extension among the loaded libraries by the symbols it exports (`csrc/include/fastlc.h`)."""

        user_api = "fastlc"
        internal_api = "fastlc"
        filename_prefixes = ("_core",)
        check_symbols = ("fastlc_get_num_threads", "fastlc_set_num_threads")

        def get_num_threads(self) -> int:
            return int(self.dynlib.fastlc_get_num_threads())

        def set_num_threads(self, num_threads: int) -> None:
            self.dynlib.fastlc_set_num_threads(num_threads)

        def get_version(self) -> str:
            return __version__

    register(FastlcController)
