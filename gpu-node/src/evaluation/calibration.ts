/** How far a classifier's confidence is from its accuracy. */

/** Of equal width over 0…1, as is customary. */
export const calibrationBins = 15;

/**
 * Expected calibration error: images are put into 15 bins of equal width by the probability of the predicted class, and the
 * distances between the bins' accuracy and their mean confidence are averaged, each bin by its number of images.
 * Source: Guo et al., "On calibration of modern neural networks", arXiv 1706.04599, equation 3.
 * @param confidences probability of the predicted class, an image each, 0…1 @param isRight whether that class is the image's
 * @returns 0…1; 0 for no images
 */
export function expectedCalibrationError(
  confidences: ArrayLike<number>,
  isRight: ArrayLike<boolean>,
): number {
  const bins = Array.from({ length: calibrationBins }, () => ({
    confidence: 0,
    right: 0,
  }));
  for (let i = 0; i < confidences.length; i++) {
    // A bin holds its upper end and not its lower one.
    const at = Math.ceil(confidences[i] * calibrationBins) - 1;
    const bin = bins[Math.min(calibrationBins - 1, Math.max(0, at))];
    bin.confidence += confidences[i];
    bin.right += Number(isRight[i]);
  }
  const distance = bins.reduce(
    (sum, { confidence, right }) => sum + Math.abs(right - confidence),
    0,
  );
  return confidences.length === 0 ? 0 : distance / confidences.length;
}

/** The softmax probability of the class with the largest of one image's logits. */
export function confidenceOf(logits: Float32Array): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit));
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
}
