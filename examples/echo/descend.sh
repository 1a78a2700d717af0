# Gradient descent on f(x, y) = (1 - x)^2 + 10 (y - x^2)^2 from (-1, 1), in awk. Takes --rate NUMBER and, for descent with a
# heavy ball, --momentum NUMBER; prints the loss after every tenth step.
rate=0.001 momentum=0
while [ $# -gt 1 ]; do
  case $1 in
  --rate) rate=$2 ;;
  --momentum) momentum=$2 ;;
  *) echo "descend.sh: there is no option $1; it takes --rate and --momentum" >&2 && exit 2 ;;
  esac
  shift 2
done
exec awk -v rate="$rate" -v momentum="$momentum" 'BEGIN {
  x = -1; y = 1
  for (step = 1; step <= 200; step++) {
    u = momentum * u - rate * (-2 * (1 - x) - 40 * x * (y - x * x))
    v = momentum * v - rate * 20 * (y - x * x)
    x += u; y += v
    loss = (1 - x) ^ 2 + 10 * (y - x * x) ^ 2
    if (loss > 1e6) { print "the loss ran away in step " step ": take a smaller rate" > "/dev/stderr"; exit 1 }
    if (step % 10 == 0) printf "step %d: loss %.6g\n", step, loss
  }
}'
