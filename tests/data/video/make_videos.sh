#!/usr/bin/env bash
# Makes the videos in files/ with FFmpeg's program; another version writes other bytes. Frames are
# compared with PyAV's: the checksums in video_index_test.cpp.
set -euo pipefail
cd "$(dirname "$0")/files"
make() { ffmpeg -v error -y -fflags +bitexact "$@"; }
plain=(-flags:v +bitexact -map_metadata -1)
h264=(-c:v libx264 -pix_fmt yuv420p)
make -f lavfi -i testsrc2=s=64x48:r=10:d=3 "${h264[@]}" -g 10 -bf 2 -crf 32 "${plain[@]}" small.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 "${h264[@]}" -crf 34 "${plain[@]}" upright.mp4
make -i upright.mp4 -c copy -metadata:s:v rotate=90 turned.mp4
rm upright.mp4
make -f lavfi -i testsrc2=s=64x48:r=25:d=2 -vf "select='not(mod(n,3))+not(mod(n,7))'" -vsync vfr \
  "${h264[@]}" -crf 34 -g 12 "${plain[@]}" uneven.mkv
make -f lavfi -i testsrc2=s=64x48:r=12:d=0.5 -vf scale=35:27,format=gray -c:v ffv1 -pix_fmt gray \
  "${plain[@]}" grey.mkv
make -f lavfi -i testsrc2=s=64x48:r=15:d=1 -c:v libvpx -b:v 40k -auto-alt-ref 1 \
  -lag-in-frames 10 -g 8 "${plain[@]}" hidden.webm
make -f lavfi -i testsrc2=s=64x48:r=15:d=1 -c:v mpeg4 -bf 2 -q:v 12 -g 9 "${plain[@]}" counted.avi
make -f lavfi -i sine=d=0.1 -c:a aac -b:a 16k "${plain[@]}" audio.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -frames:v 0 none.mp4
