# latency_cdf.csv: series,us,share. The axis of the share is stretched towards 1, where the tail is.
set title heading('Latency: share of settlements answered within')
set xlabel 'microseconds'
set ylabel 'share'
set logscale x
set format x '%.0s%c'
stretched(share) = share < 1 ? -log10(1 - share) : NaN
set yrange [0:4]
set ytics ('0' 0, '50%%' stretched(0.5), '90%%' 1, '99%%' 2, '99.9%%' 3, '99.99%%' 4)
plot for [n = 1:words(series)] of(word(series, n), 3) using 2:(stretched($3)) with lines \
  ls style(n) title word(series, n) noenhanced
