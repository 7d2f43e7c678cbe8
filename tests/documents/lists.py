"""What the test does not run, or only when it is asked to take its time; each with the word why. A
block is known by its page and its first line."""

NETWORK = "fetches something from the network"
TREE = "a tree of files"
FORMULA = "a formula"

NOT_RUN = {
    ("README.md", "./quickstart.sh"): "sets a machine up; quickstart.md has it for the long suite",
    ("README.md", "./setup.sh && bin/dbot start PHOTOS --minutes 30"): "takes the time it is given; test_cli starts shorter runs",
    ("README.md", "./setup.sh"): "the same, after the set-up",
    ("docs/architecture.md", "views of a sample → [mask] → student (encoder, head) → prediction ┐"): FORMULA,
    ("docs/data.md", "benchmarks/peers/setup.sh"): NETWORK,
    ("docs/performance.md", "benchmarks/peers/setup.sh"): NETWORK,
    ("docs/performance.md", "curl -O https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"): NETWORK,
    ("docs/weights.md", "tests/interchange/setup.sh"): NETWORK,
    ("docs/methods/dbot.md", "target = (t − mean) / √(variance + 1e-6)        variance with divisor n − 1; no gradient"): FORMULA,
    ("docs/methods/dbot.md", "Smooth-L1, β = 2:   d²/4 for |d| < 2,   |d| − 1 otherwise"): FORMULA,
    ("docs/methods/imae.md", "error_b = Σ |ŷ_b − b|² / values        mixture_b = Σ |m − b|² / values        mean_b = Σ |b|² / values"): FORMULA,
    ("docs/methods/maskdistill.md", "loss = L( N(T(image)), H(S(masked image)) )        on the masked patches"): FORMULA,
    ("docs/methods/mae.md", "kept = trunc(L · (1 − ratio))        in double precision, in exactly this form"): FORMULA,
    ("docs/methods/mae.md", "target = (x − mean) / √(variance + 1e-6)        variance with divisor n − 1"): FORMULA,
    ("docs/methods/mae.md", "t < w:   rate = peak · t / w"): FORMULA,
    ("docs/methods/mae.md", "d = g + λ · p;  d ← d · τ · ‖p‖ / ‖d‖        the factor is 1 where one of the norms is 0"): FORMULA,
    ("docs/distributed.md", "dbot pretrain RECIPE --data images --out run --processes 4 [--restarts K]"): "ctest -L launchers and test_cli do it",
    ("docs/distributed.md", "#!/bin/bash"): "ctest -L launchers has such a script",
    ("docs/gpu.md", "python3 -m venv ~/torch && ~/torch/bin/pip install torch==2.11.0"): NETWORK,
    ("docs/gpu.md", "dbot pretrain RECIPE --data images --device auto|cpu|cuda|cuda:N"): "what may be typed; test_cli does it",
    ("docs/gpu.md", "scripts/kernel_resources.py build/release"): "compiles every kernel once more; ctest -L cuda does it",
    ("docs/cuda_kernels.md", "scripts/kernel_resources.py build/release"): "the same",
    ("docs/gpu.md", "scripts/gpu_check.sh --out results machine golden ops graph resume"): "wants a GPU",
    ("docs/packages.md", "docker build -t dbot ."): "needs a container engine",
    ("docs/packages.md", "apt-get install ./dbot_0.1.0_amd64.deb"): "scripts/check_package.sh does it in a clean system",
    ("docs/packages.md", "apt-get install ./dbot_0.1.0_amd64.deb ./dbot-dev_0.1.0_amd64.deb g++ cmake"): "the same",
    ("docs/packages.md", "find_package(dbot 0.1 CONFIG REQUIRED)"): "CMake; ctest -L package builds with it",
    ("docs/packages.md", "cmake -S /usr/share/dbot/examples/pretrain -B example && cmake --build example"): "ctest -L package does it",
    ("docs/quickstart.md", "./setup.sh --bundle dbot-bundle.tar"): "ctest -L setup makes a small one",
    ("docs/results.md", "experiments/fine_tuning/run.py --data cifar10 --work runs/fine_tuning"): "hours of training",
    ("docs/data.md", "dbot data check images --captions captions.csv"): "wants photos with captions; test_cli does it",
    ("docs/performance.md", "benchmarks/peers/compare.py --bf16 --threads 1 --rounds 7 --case dbot/tiny-32/bf16/64"): "wants the peers that setup.sh fetches",
    ("docs/data.md", "dbot data check DIR --videos"): "wants the module that reads videos; test_data does it",
    ("docs/methods/exssnet.md", "dbot evaluate continual exssnet/text --data TEXTS --tasks 5"): "wants a folder of texts; test_cli does it",
    ("docs/methods/exssnet.md", "dbot evaluate continual exssnet/resnet18 --data DIR --tasks 5 --density 0.1"): "500 epochs; test_cli makes shorter runs",
    ("docs/methods/m3ae.md", "dbot pretrain m3ae/small-64 --data photos --out runs/pairs --set validation.every_epochs=5"): "wants photos with captions; test_cli does it",
    ("docs/methods/m3ae.md", "dbot pretrain m3ae/small-64 --data photos --out runs/alone --set objective.text_weight=0"): "wants photos; test_cli does it",
    ("docs/methods/m3ae.md", "dbot evaluate knn --model runs/pairs --data labelled"): "wants the run above; test_cli does it",
    ("docs/methods/mae_st.md", "dbot pretrain mae_st/small-64 --data videos --out runs/clips"): "wants videos and the module that reads them",
    ("docs/methods/mae_st.md", "dbot evaluate finetune --model runs/clips --data videos --out runs/clips-augmented --set data.random_augment=2 --set data.random_augment_magnitude=7 --set data.erase=0.25"): "the same; test_cli does it",
    ("docs/methods/mae_st.md", "dbot evaluate knn --model runs/clips --data videos --videos"): "the same; test_cli does it",
    ("docs/run-folder.md", "checkpoints/step-00000120/"): TREE,
    ("docs/run-folder.md", "captures/step-00000120/"): TREE,
    ("docs/start.md", "dbot start PHOTOS --minutes 30"): "takes the time it is given; test_cli starts shorter runs",
    ("docs/start.md", "dbot start PHOTOS --dry-run > recipe.toml"): "wants 32 images; test_cli does it",
    ("docs/reliability.md", "100 kills (48 inside a checkpoint), 100 resumes, fp32: the same bytes"): "what a command printed",
}  # fmt: skip

# Over a minute each: the long suite.
LONG = {
    (
        "docs/cuda_kernels.md",
        "build/release/test_network --gtest_filter='*gpu_*:Gpu*:Host*:*kernels*:KernelsInUse*'",
    ),
    ("docs/data.md", "benchmarks/loader/many_files.py --files 1000000 --folders 1000"),
    ("docs/distributed.md", "build/release/test_network --gtest_filter='Heartbeat.*:Group.*:Lanes.*'"),
    ("docs/gpu.md", "scripts/gpu_check.sh --out results --device cpu machine resume"),
    ("docs/packages.md", "./setup.sh"),
    ("docs/performance.md", "dbot bench ops"),
    ("docs/performance.md", "dbot bench ops --precision bf16"),
    ("docs/quickstart.md", "./quickstart.sh"),
    ("docs/quickstart.md", "./quickstart.sh my-images/"),
    ("docs/reliability.md", "build/release/test_faults --gtest_filter='EveryOperation.*'"),
    ("docs/reliability.md", "scripts/kill_test.sh 100 --data cifar-10-batches-bin --set schedule.total_steps=1200 --precision fp32"),
}  # fmt: skip

# What placeholders stand for where a synopsis is run: the page of all options is none to type.
STANDS_FOR = {
    "RECIPE": "dbot/quick", "DIR": "labelled", "FOLDER": "check-labelled", "RUN": "made-run",
}  # fmt: skip
OPTIONS_ONLY = {"docs/command-line.md"}

# Where one of these is missing, the blocks that name it are skipped, and that is said.
MACHINE = ["/usr/share/datasets/fashion-mnist"]
