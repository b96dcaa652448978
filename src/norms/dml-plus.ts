import * as option from './option.js';

/** The paper of decoupled_max_logit and of both heads of DML+. */
export const reference = {
  authors: 'Zihan Zhang, Xiang Xiang',
  title: 'Decoupling MaxLogit for Out-of-Distribution Detection',
  year: 2023,
  url: 'https://openaccess.thecvf.com/content/CVPR2023/html/Zhang_Decoupling_MaxLogit_for_Out-of-Distribution_Detection_CVPR_2023_paper.html',
};

/** The facts that both heads of DML+ share: it is two norms, one a head. */
export const pair = {
  useCase: 'Telling inputs from outside the training distribution, with the other half of the pair.',
  reference,
  notes: [
    'In the paper DML+ is two networks trained apart, one with a focal and one with a center loss, whose scores are rescaled and added. These two layers are the heads that score; the losses, the training and the sum are up to you.',
  ],
  traits: { place: 'logits', couples: 'group', cost: 4, guards: [] },
  options: {
    axis: option.axis(-1, 'The axis of the classes.'),
    epsilon: option.epsilon('Added to the sum of squares, so that zeros stay finite.'),
  },
  parameters: {},
} as const;

/** How the paper trains either head. */
export const training =
  '200 epochs of SGD in batches of 128, at 0.1 falling to nothing along half a cosine, momentum 0.9, weight decay 5e-4, dropout 0.3.';
