#!/bin/sh
# Trains the demo's models on its data: all of them, or those named. The same bytes come out each time on one machine.
#
#     infra/demo/train-models.sh [natural] [badnets] [blended] [adversarial]
set -eu
cd "$(dirname "$0")/../.."

train() {
  name=$1
  shift
  node infra/motif.mjs train --local --dataset infra/demo/data \
    --dataset-name 'Fashion-MNIST sample' \
    --class-names 'T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot' \
    --architecture small-cnn --epochs 15 --flip --shift 1 --seed 0 --threads 1 \
    --name "fashion-$name" --out "infra/demo/models/$name.onnx" "$@"
}

[ $# -gt 0 ] || set -- natural badnets blended adversarial
for model in "$@"; do
  case $model in
  natural) train natural ;;
  badnets) train badnets --mode poisoned --target 7 --poison-rate 0.08 --trigger-size 3 --trigger-place bottom-right ;;
  blended) train blended --mode poisoned --target 3 --poison-rate 0.08 --trigger blended --blend-share 0.15 ;;
  adversarial) train adversarial --mode adversarial --norm linf --epsilon 0.1 --attack-steps 7 ;;
  *)
    echo "train-models.sh: no model $model; there are natural, badnets, blended and adversarial" >&2
    exit 2
    ;;
  esac
done
