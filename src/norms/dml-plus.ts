import * as option from './option.js';

/** The paper of decoupled_max_logit and of both heads of DML+. */
export const reference = {
  authors: 'Zihan Zhang, Xiang Xiang',
  title: 'Decoupling MaxLogit for Out-of-Distribution Detection',
  year: 2023,
  url: 'https://openaccess.thecvf.com/content/CVPR2023/html/Zhang_Decoupling_MaxLogit_for_Out-of-Distribution_Detection_CVPR_2023_paper.html',
};

/** The texts and options of both norms of DML+, one per scoring head. */
export const pair = {
  useCase: 'Out-of-distribution detection, together with the other half of DML+.',
  reference,
  notes: [
    'In the paper DML+ is two separately trained networks, one with a focal and one with a center loss, whose scores are rescaled and added. These two layers are only the scoring heads; the losses, the training and the sum are up to you.',
  ],
  traits: { place: 'logits', couples: 'group', cost: 4, guards: [] },
  options: {
    axis: option.axis(-1, 'The class axis.'),
    epsilon: option.epsilon('Added to the sum of squares to avoid division by zero.'),
  },
  parameters: {},
} as const;

/** How the paper trains either head. */
export const training =
  '200 epochs of SGD with batches of 128, a learning rate falling from 0.1 to 0 along half a cosine, momentum 0.9, weight decay 5e-4, dropout 0.3.';
