# latency_cdf.csv: series,us,share
set title heading('Latency: share of settlements answered within')
set xlabel 'microseconds'
set ylabel 'share'
set logscale x
set yrange [0:1]
set format x '%.0s%c'
plot for [n = 1:words(series)] of(word(series, n), 3) using 2:3 with lines ls style(n) \
  title word(series, n) noenhanced
