# load.csv: series,offered,achieved,p50,p99,refused
set multiplot layout 2,1 title heading('Throughput and latency against offered load')
set xlabel ''
set ylabel 'answered a second'
set key off
set bmargin 3
set logscale x
set logscale y
set format xy '%.0s%c'
plot for [n = 1:words(series)] of(word(series, n), 2) using 2:3 with linespoints ls style(n) \
  title word(series, n) noenhanced, x with lines lc rgb '#b0b0b0' dt 2 notitle
set xlabel 'offered a second'
set ylabel 'p50 (thin), p99 us'
set key below
set bmargin 5
plot for [n = 1:words(series)] of(word(series, n), 2) using 2:5 with linespoints ls style(n) \
  title word(series, n) noenhanced, \
  for [n = 1:words(series)] of(word(series, n), 2) using 2:4 with lines ls style(n) lw 0.8 notitle
unset multiplot
